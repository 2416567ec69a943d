"""Both ways to a batch's gradient against one text at a time, and against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
import torch

from training.toy import SETTINGS, Toy
from trisampler.corpora.documents import document_texts
from trisampler.training.batch_encoder import BatchEncoder
from trisampler.training.batches import Batch, Batches
from trisampler.training.contrast import TrainedDocuments
from trisampler.training.examples import Rows
from trisampler.training.gradient_checkpointing import checkpoint_layers
from trisampler.training.gradients import CachedGradients, Gradients, PlainGradients, Work
from trisampler.training.objective import Objective
from trisampler.training.processes import Alone, shares_of
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

T = TypeVar("T")
CPU = torch.device("cpu")
PLAIN = SETTINGS.model_copy(update={"dropout": False})
WAYS = [PlainGradients, CachedGradients]


def work(encoder: Encoder, collection: Toy, settings: TrainingSettings = PLAIN) -> Work:
    return Work(
        BatchEncoder(encoder, settings, CPU),
        TrainedDocuments(Objective(settings, normalize=True), collection.examples()),
        Alone(),
    )


def batch_of(collection: Toy, step: int = 1, settings: TrainingSettings = PLAIN) -> Batch:
    return Batches(collection.examples(), settings, seed=0, round_number=1).at(step)


def gradients(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {
        name: parameter.grad.clone()
        for name, parameter in encoder.module.named_parameters()
        if parameter.grad is not None
    }


def assert_same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    """Equal to 1e-5 of the whole gradient's length."""
    assert found.keys() == expected.keys()
    length = torch.sqrt(sum(gradient.square().sum() for gradient in expected.values()))
    for name, gradient in found.items():
        assert float((gradient - expected[name]).norm()) <= 1e-5 * float(length), name


class WithoutText:
    """The second of two processes, of which the first encodes every text."""

    rank, count = 1, 2

    def bring_together(self, own_vectors_MD: torch.Tensor, shares: Sequence[Rows]) -> torch.Tensor:
        assert own_vectors_MD.shape[0] == len(shares[1]) == 0
        others_MD = own_vectors_MD.new_ones((len(shares[0]), own_vectors_MD.shape[1]))
        return torch.cat([others_MD, own_vectors_MD])

    def add_up(self, weights: Iterable[torch.nn.Parameter]) -> None: ...

    def agree_on(self, value: T) -> T:
        return value


class Kept:
    """Counts the bytes that automatic differentiation keeps."""

    now = most = 0

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        Kept.now += tensor.nbytes
        Kept.most = max(Kept.most, Kept.now)

    def __del__(self) -> None:
        Kept.now -= self.tensor.nbytes


def most_kept(gradients_of: Gradients, batch: Batch) -> int:
    Kept.now = Kept.most = 0
    with torch.autograd.graph.saved_tensors_hooks(Kept, lambda held: held.tensor):
        gradients_of.backward(batch, seed=0)
    return Kept.most


def one_by_one(encoder: Encoder, collection: Toy, batch: Batch) -> torch.Tensor:
    """The batch's loss from the tables, one text and one pair at a time."""
    examples = collection.examples()
    texts = dict(zip(collection.corpus["doc_id"], document_texts(collection.corpus), strict=True))
    positives = {
        query_id: {
            doc for asking, doc, _ in collection.train_judgements.rows() if asking == query_id
        }
        for query_id in examples.query_ids
    }
    documents = [examples.document_ids[row] for row in batch.document_rows_N]

    def vector(text: str, side: str) -> torch.Tensor:
        tokens = encoder.tokenize([text], side)  # type: ignore[arg-type]
        result: torch.Tensor = encoder.tower(side)(  # type: ignore[arg-type]
            tokens["input_ids"], tokens["attention_mask"]
        )[0]
        return result

    losses = []
    for row, column in zip(batch.query_rows_B, batch.target_B, strict=True):
        query_id, target = examples.query_ids[row], documents[column]
        query = vector(examples.query_texts[row], "query")
        scores = {
            doc_id: query.dot(vector(texts[doc_id], "document")) / PLAIN.temperature
            for doc_id in documents
            if doc_id == target or doc_id not in positives[query_id]
        }
        losses.append(torch.logsumexp(torch.stack([*scores.values()]), 0) - scores[target])
    return torch.stack(losses).mean()


@pytest.mark.parametrize("way", WAYS)
def test_the_gradient_is_that_of_one_text_at_a_time(
    load_tiny: Callable[[], Encoder], collection: Toy, way: Callable[[Work], Gradients]
) -> None:
    batch = batch_of(collection, 2)
    encoder = load_tiny()
    expected_loss = one_by_one(encoder, collection, batch)
    expected_loss.backward()  # type: ignore[no-untyped-call]
    expected = gradients(encoder)
    encoder.module.zero_grad()
    loss = way(work(encoder, collection)).backward(batch, seed=0)
    assert float(loss.value) == pytest.approx(float(expected_loss.detach()), rel=1e-5)
    assert_same(gradients(encoder), expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_process_without_a_text_has_the_loss_and_no_gradient(
    load_tiny: Callable[[], Encoder], collection: Toy, way: Callable[[Work], Gradients]
) -> None:
    settings = PLAIN.model_copy(update={"batch_queries": 1, "negatives_per_query": 0})
    batch, encoder = batch_of(collection, 1, settings), load_tiny()
    idle = replace(work(encoder, collection, settings), processes=WithoutText())
    assert (
        float(way(idle).backward(batch, seed=0).value) == 0
    )  # one document, which is the positive
    assert not gradients(encoder)


@pytest.mark.parametrize("budget", [1, 40, 10_000])
def test_dropout_is_the_same_both_times(
    load_tiny: Callable[[], Encoder], collection: Toy, budget: int
) -> None:
    settings = SETTINGS.model_copy(update={"micro_batch_tokens": budget})
    batch = batch_of(collection, 1, settings)
    found, losses = [], []
    for way in WAYS:
        encoder = load_tiny().train()
        loss = way(work(encoder, collection, settings)).backward(batch, seed=5)
        losses.append(float(loss.value))
        found.append(gradients(encoder))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert_same(found[1], found[0])
    other = load_tiny().train()
    loss = PlainGradients(work(other, collection, settings)).backward(batch, seed=6)
    assert float(loss.value) != losses[0]


def test_the_cache_keeps_one_micro_batchs_graph_at_a_time(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    """Bytes that automatic differentiation keeps, at most, for a batch in many micro-batches."""
    settings = PLAIN.model_copy(update={"micro_batch_tokens": 40})
    batch = batch_of(collection, 1, settings)

    kept = [most_kept(way(work(load_tiny(), collection, settings)), batch) for way in WAYS]
    assert kept[1] < kept[0] / 4


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_checkpointed_layers_give_the_same_gradient_and_keep_less(
    load_tiny: Callable[[], Encoder], collection: Toy, dropout: bool, precision: str
) -> None:
    found, kept = [], []
    for on in (False, True):
        settings = SETTINGS.model_copy(
            update={"gradient_checkpointing": on, "precision": precision}
        )
        batch, encoder = batch_of(collection, 1, settings), load_tiny()
        encoder.module.train(dropout)
        if on:
            checkpoint_layers(encoder)
        assert encoder.module.training is dropout
        PlainGradients(work(encoder, collection, settings)).backward(batch, seed=5)
        found.append(gradients(encoder))
        kept.append(most_kept(PlainGradients(work(encoder, collection, settings)), batch))
    assert kept[1] < kept[0] / 2
    if precision == "float32":
        assert_same(found[1], found[0])


@pytest.mark.parametrize("budget", [1, 60, 10_000])
def test_the_budget_of_micro_batches_changes_nothing(
    load_tiny: Callable[[], Encoder], collection: Toy, budget: int
) -> None:
    settings = PLAIN.model_copy(update={"micro_batch_tokens": budget})
    batch = batch_of(collection, 1, settings)
    loss = PlainGradients(work(load_tiny(), collection, settings)).loss(batch, seed=0)
    other = PlainGradients(work(load_tiny(), collection)).loss(batch, seed=0)
    assert float(loss.value.detach()) == pytest.approx(float(other.value.detach()), rel=1e-5)


def test_few_shapes_and_none_longer_than_the_encoder_has_positions_for(
    collection: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings
    from trisampler.encoders.towers import Tower

    encoder = Encoder.load(EncoderSettings(name="untrained:0", document_length=30))
    forward, lengths = Tower.forward, set()

    def noted(self: Tower, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        lengths.add(ids.shape[1])
        return forward(self, ids, mask)

    monkeypatch.setattr(Tower, "forward", noted)
    plain = PlainGradients(work(encoder, collection))
    for step in range(1, 6):
        plain.loss(batch_of(collection, step), seed=0)
    assert lengths <= {8, 16, 24, 30}
    assert 30 in lengths


def test_bfloat16_stays_near_float32(load_tiny: Callable[[], Encoder], collection: Toy) -> None:
    batch = batch_of(collection)
    half = PLAIN.model_copy(update={"precision": "bfloat16"})
    losses = [
        float(PlainGradients(work(load_tiny(), collection, settings)).backward(batch, seed=0).value)
        for settings in (PLAIN, half)
    ]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_shares_hold_every_text_once_and_alike_lengths(processes: int) -> None:
    texts = ["a" * length for length in (5, 1, 9, 2, 8, 3, 7)]
    shares = shares_of(texts, processes)
    assert sorted(np.concatenate(shares).tolist()) == list(range(7))
    lengths = [sum(len(texts[row]) for row in share) for share in shares]
    assert max(lengths) - min(lengths) <= 9
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
