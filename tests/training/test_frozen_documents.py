"""Queries learn against documents that stay, with negatives drawn for the queries of the moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import torch

from training.toy import SETTINGS, Toy
from trisampler.corpora.documents import document_texts
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoding import encode_texts
from trisampler.encoders.settings import EncodingSettings
from trisampler.negatives.settings import SamplingSettings
from trisampler.training.batches import Batches
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples
from trisampler.training.frozen_corpus import FrozenCorpus
from trisampler.training.frozen_documents import FrozenDocuments
from trisampler.training.objective import Objective
from trisampler.training.result import TrainingResult
from trisampler.training.settings import TrainingSettings
from trisampler.training.trainer import train_encoder

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

FROZEN = SETTINGS.model_copy(
    update={"frozen_documents": True, "negatives_per_query": 3, "dropout": False}
)
FLOAT32 = EncodingSettings(precision="float32", device="cpu")
DEPTH = 15


def frozen_corpus(encoder: Encoder, collection: Toy, **sampling: Any) -> FrozenCorpus:
    corpus = collection.corpus.sort("doc_id")
    vectors = encode_texts(encoder, document_texts(corpus), "document", FLOAT32)
    embeddings = Embeddings.from_array(corpus["doc_id"].to_list(), vectors)
    settings = SamplingSettings(**{"sampler": "top-k", **sampling})
    return FrozenCorpus.build(embeddings, corpus, settings, DEPTH)


def train(
    encoder: Encoder,
    collection: Toy,
    folder: Path,
    settings: TrainingSettings = FROZEN,
    **sampling: Any,
) -> TrainingResult:
    """Without a dev pool, so that the last weights are the result."""
    return train_encoder(
        encoder,
        collection.examples(),
        None,
        settings,
        seed=3,
        round_number=1,
        checkpoint_folder=folder,
        frozen_corpus=frozen_corpus(encoder, collection, **sampling),
    )


@pytest.mark.parametrize("sampler", ["tri", "top-k", "in-batch", "random"])
def test_queries_learn_and_documents_stay(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path, sampler: str
) -> None:
    before = load_tiny()
    result = train(load_tiny(), collection, tmp_path, sampler=sampler)
    after = result.encoder
    assert not after.shared
    assert after.fingerprint("document", "float32") == before.fingerprint("document", "float32")
    assert after.fingerprint("query", "float32") != before.fingerprint("query", "float32")
    losses = result.history["loss"].to_numpy()
    assert losses[-4:].mean() < losses[:4].mean()


def test_two_trainings_are_one(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    losses = [
        train(load_tiny(), collection, tmp_path / name, sampler="tri").history["loss"].to_list()
        for name in ("one", "other")
    ]
    assert losses[0] == losses[1]


def test_documents_are_counted_as_drawn_at_each_step_not_as_mined(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    settings = FROZEN.model_copy(update={"batch_queries": 1, "negatives_per_query": 8})
    mined = Batches(collection.examples(), settings, seed=3, round_number=1).at(1)
    assert len(mined.document_rows_N) < 1 + 8
    history = train(load_tiny(), collection, tmp_path, settings, guard=0.0).history
    assert history["documents"].drop_nulls().unique().to_list() == [1 + 8]


def test_the_cache_and_memory_change_nothing(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    cached = FROZEN.model_copy(update={"gradient_cache": True})
    losses = [
        train(load_tiny(), collection, tmp_path, settings).history["loss"].drop_nulls().to_list()
        for settings in (FROZEN, cached)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_negatives_are_drawn_for_the_vectors_of_the_moment(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    examples = collection.examples()
    corpus = frozen_corpus(load_tiny(), collection, guard=0.0)
    contrast = FrozenDocuments(Objective(FROZEN, normalize=True), examples, corpus, FROZEN)
    batch = Batches(examples, FROZEN, seed=0, round_number=1).at(1)
    random = torch.Generator().manual_seed(1)
    vectors = torch.nn.functional.normalize(
        torch.randn((len(batch.query_rows_B), corpus.vectors_ND.shape[1]), generator=random)
    )
    drawn = contrast.drawn(batch, vectors, seed=5)
    positives = {
        (query, document) for query, document, _ in collection.train_judgements.iter_rows()
    }
    without = FROZEN.model_copy(update={"in_batch_negatives": False})
    own = FrozenDocuments(Objective(without, normalize=True), examples, corpus, without).drawn(
        batch, vectors, seed=5
    )
    for line, query_row in enumerate(batch.query_rows_B):
        query_id = examples.query_ids[query_row]
        scores = corpus.vectors_ND @ vectors[line].numpy()
        nearest = {corpus.document_ids[row] for row in np.argsort(-scores)[:DEPTH]}
        target = corpus.document_ids[drawn.document_rows_N[drawn.target_B[line]]]
        assert target == examples.document_ids[batch.document_rows_N[batch.target_B[line]]]
        contrasted = {corpus.document_ids[row] for row in own.document_rows_N[own.allowed_BN[line]]}
        assert len(contrasted) == 4
        assert contrasted - {target} <= nearest
        in_batch = {
            corpus.document_ids[row] for row in drawn.document_rows_N[drawn.allowed_BN[line]]
        }
        assert contrasted <= in_batch
        assert not {(query_id, doc_id) for doc_id in in_batch - {target}} & positives
    other = contrast.drawn(batch, vectors, seed=6)
    assert not np.array_equal(other.document_rows_N, drawn.document_rows_N)


def test_what_the_guard_takes_for_a_positive_at_this_step_is_never_contrasted() -> None:
    """d2 is all but q0's positive d0, and another query's negative; mining did not come across."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(30, 16))
    vectors[2] = vectors[0] + 0.02 * random.normal(size=16)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"d{number:02}" for number in range(30)]
    corpus = pl.DataFrame({"doc_id": ids, "title": "", "text": ids})
    judgements = pl.DataFrame({"query_id": ["q0", "q1"], "doc_id": ids[:2], "relevance": 1})
    queries = pl.DataFrame({"query_id": ["q0", "q1"], "text": ["x", "y"]})
    none = pl.DataFrame(schema=["query_id", "positive_id", "negative_id"]).cast(pl.String)
    examples = TrainingExamples.build(corpus, queries, judgements, none)
    settings = FROZEN.model_copy(update={"batch_queries": 2, "negatives_per_query": 5})
    frozen = FrozenCorpus.build(
        Embeddings.from_array(ids, vectors), corpus, SamplingSettings(sampler="top-k"), 5
    )
    contrast = FrozenDocuments(Objective(settings, normalize=True), examples, frozen, settings)
    batch = Batches(examples, settings, seed=0, round_number=1).at(1)
    asking = np.stack([vectors[0] + 0.8 * vectors[5], vectors[1] + 0.6 * vectors[2]])
    asking /= np.linalg.norm(asking, axis=1, keepdims=True)
    drawn = contrast.drawn(batch, torch.from_numpy(asking[batch.query_rows_B]), seed=1)
    allowed = dict(zip(drawn.query_rows_B.tolist(), drawn.allowed_BN, strict=True))
    (column,) = np.flatnonzero(drawn.document_rows_N == 2)
    assert allowed[1][column]
    assert not allowed[0][column]


@pytest.mark.parametrize(
    "sampling", [{"sampler": "bm25"}, {"sampler": "margin-bins"}, {"pools": ("encoder", "lexical")}]
)
def test_samplers_that_need_more_are_refused(
    load_tiny: Callable[[], Encoder], collection: Toy, sampling: dict[str, Any]
) -> None:
    with pytest.raises(TrainingError, match="is not asked then"):
        frozen_corpus(load_tiny(), collection, **sampling)


@pytest.mark.slow
def test_two_processes_draw_the_same(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    joint = FROZEN.model_copy(update={"processes": 2})
    results = [train(load_tiny(), collection, tmp_path, settings) for settings in (FROZEN, joint)]
    losses = [result.history["loss"].drop_nulls().to_list() for result in results]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert results[0].encoder.fingerprint("document", "float32") == results[1].encoder.fingerprint(
        "document", "float32"
    )
