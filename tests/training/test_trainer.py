from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from training.toy import SETTINGS, Toy
from trisampler.encoders.settings import EncodingSettings
from trisampler.training.dev_measure import measure_dev_pool
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples
from trisampler.training.settings import TrainingSettings
from trisampler.training.trainer import TrainingResult, train_encoder

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

LONG = {"steps": 60, "batch_queries": 10, "evaluate_every": 20}
FLOAT32 = EncodingSettings(precision="float32", device="cpu")


def train(
    encoder: Encoder,
    collection: Toy,
    folder: Path,
    *,
    measured: bool = True,
    description: str = "Training",
    **changes: object,
) -> TrainingResult:
    return train_encoder(
        encoder,
        collection.examples(),
        collection.dev_pool() if measured else None,
        TrainingSettings.model_validate({**SETTINGS.model_dump(), "dropout": False, **changes}),
        seed=0,
        round_number=1,
        checkpoint_folder=folder,
        description=description,
    )


@pytest.fixture(scope="module")
def long_training(
    tiny_saved_encoder: Path, collection: Toy, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingResult, Path]:
    from trisampler.encoders.encoder import Encoder

    folder = tmp_path_factory.mktemp("long")
    encoder = Encoder.load_folder(tiny_saved_encoder)
    return train(encoder, collection, folder, **LONG), folder


def test_learns(long_training: tuple[TrainingResult, Path]) -> None:
    result, _ = long_training
    losses = result.history["loss"].drop_nulls()
    assert losses.tail(5).mean() < 0.5 * losses.head(5).mean()
    measured = result.history["dev_nDCG@10"]
    assert measured.max() > measured[0] + 0.05
    assert result.best_step > 0


def test_the_history_has_every_step(long_training: tuple[TrainingResult, Path]) -> None:
    result, _ = long_training
    history = result.history
    assert history["step"].to_list() == list(range(61))
    assert history.drop_nulls("dev_nDCG@10")["step"].to_list() == [0, 20, 40, 60]
    steps = history.tail(60)
    for column in ("loss", "learning_rate", "gradient_norm", "queries_per_second"):
        assert steps[column].null_count() == 0
        assert (steps[column] > 0).all()


def test_a_result_that_was_not_saved_is_there_again_without_a_step(
    long_training: tuple[TrainingResult, Path],
    load_tiny: Callable[[], Encoder],
    collection: Toy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result, folder = long_training
    monkeypatch.delattr("trisampler.training.loop.TrainingLoop._step")
    again = train(load_tiny(), collection, folder, **LONG)
    assert again.history.equals(result.history)
    for name, weights in again.encoder.state_dict().items():
        assert torch.equal(weights, result.encoder.state_dict()[name]), name


def test_the_result_is_the_best_and_not_the_last(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    result = train(load_tiny(), collection, tmp_path, learning_rate=0.3, warmup_fraction=0)
    history = result.history
    measured = dict(history.drop_nulls("dev_nDCG@10").select("step", "dev_nDCG@10").iter_rows())
    assert result.best_step == max(measured, key=lambda step: measured[step])
    assert result.best_step < 12
    assert not result.encoder.module.training
    again = measure_dev_pool(result.encoder, collection.dev_pool(), FLOAT32)
    assert again == measured[result.best_step]


def test_nothing_better_than_before_training_is_said(
    load_tiny: Callable[[], Encoder],
    collection: Toy,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    encoder = load_tiny()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    result = train(encoder, collection, tmp_path, learning_rate=1.0, steps=4, warmup_fraction=0)
    assert result.best_step == 0
    assert "No step of the training measured better" in caplog.text
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())


def test_the_bar_says_what_is_trained(
    load_tiny: Callable[[], Encoder],
    collection: Toy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train(load_tiny(), collection, tmp_path, steps=2, description="tri seed 2, round 1")
    assert "tri seed 2, round 1: 100%" in capsys.readouterr().err


def test_patience_ends_it(
    load_tiny: Callable[[], Encoder],
    collection: Toy,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        result = train(
            load_tiny(),
            collection,
            tmp_path,
            learning_rate=1.0,
            warmup_fraction=0,
            evaluate_every=1,
            patience=2,
        )
    assert result.history["step"].max() == result.best_step + 2 < 12
    assert "Stopped early" in caplog.text


def test_without_a_dev_pool_the_last_weights_are_the_result(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    encoder = load_tiny()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    result = train(encoder, collection, tmp_path, measured=False)
    assert result.best_step == 12
    assert result.history["step"].to_list() == list(range(1, 13))
    assert result.history["dev_nDCG@10"].null_count() == 12
    changed = [
        name for name, tensor in encoder.state_dict().items() if not tensor.equal(before[name])
    ]
    assert len(changed) > 10


def test_same_arguments_same_weights(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    trained = [
        train(load_tiny(), collection, tmp_path / name, dropout=True, steps=3).encoder.state_dict()
        for name in "ab"
    ]
    assert all(torch.equal(tensor, trained[1][name]) for name, tensor in trained[0].items())


def test_a_loss_that_is_no_number_stops_it(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    with pytest.raises(
        TrainingError, match=r"diverged at step \d+: .*nan.*learning_rate \(1e\+30\)"
    ):
        train(load_tiny(), collection, tmp_path, learning_rate=1e30, gradient_clip=1e30)


def test_a_prompt_that_leaves_documents_no_token_is_refused(
    tiny_encoder_folder: Path, collection: Toy, tmp_path: Path
) -> None:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings

    prompt = "the text of a document "
    settings = EncoderSettings(name=str(tiny_encoder_folder), document_prompt=prompt)
    with pytest.raises(TrainingError, match=r"fills the 5 tokens of training\.document_length"):
        train(Encoder.load(settings), collection, tmp_path, document_length=5)


def test_one_document_alone_teaches_nothing(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    alone = TrainingExamples.build(
        collection.corpus,
        collection.queries,
        collection.train_judgements.filter(doc_id="d010"),
        collection.negatives.clear(),
    )
    with pytest.raises(TrainingError, match="nothing to tell it apart from"):
        train_encoder(
            load_tiny(),
            alone,
            None,
            SETTINGS,
            seed=0,
            round_number=1,
            checkpoint_folder=tmp_path,
        )


def test_separate_towers_are_both_trained(collection: Toy, tmp_path: Path) -> None:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings

    encoder = Encoder.load(EncoderSettings(name="untrained:0", document_name="untrained:1"))
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    train(encoder, collection, tmp_path, measured=False, steps=2)
    for side in ("query", "document"):
        names = [name for name in before if name.startswith(f"{side}.")]
        assert any(not encoder.state_dict()[name].equal(before[name]) for name in names)


def test_one_tower_parts_in_two_that_begin_alike_and_end_apart(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    parted = train(load_tiny(), collection, tmp_path, measured=False, separate_towers=True)
    shared = train(load_tiny(), collection, tmp_path, measured=False)
    assert shared.encoder.shared
    assert not parted.encoder.shared
    first, second = parted.history["loss"][0], shared.history["loss"][0]
    assert first == pytest.approx(second, rel=1e-6)
    before = load_tiny().fingerprint("query", "float32")
    of_query = parted.encoder.tower("query").backbone.state_dict()
    of_document = parted.encoder.tower("document").backbone.state_dict()
    assert parted.encoder.fingerprint("query", "float32") != before
    assert any(not tensor.equal(of_document[name]) for name, tensor in of_query.items())
