"""Two processes train as one does on the same batches."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import distributed

from training.toy import SETTINGS, Toy, toy
from trisampler.errors import TrisamplerError
from trisampler.training.batches import Batches
from trisampler.training.joint_training import join_group
from trisampler.training.processes import Group
from trisampler.training.result import TrainingResult
from trisampler.training.settings import TrainingSettings
from trisampler.training.step import Stepper
from trisampler.training.task import TrainingTask
from trisampler.training.trainer import train_encoder

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

pytestmark = pytest.mark.slow
PLAIN = SETTINGS.model_copy(update={"dropout": False, "processes": 1})
TWO = PLAIN.model_copy(update={"processes": 2})


def train(encoder: Encoder, settings: TrainingSettings, checkpoints: Path) -> TrainingResult:
    collection = toy()
    return train_encoder(
        encoder,
        collection.examples(),
        collection.dev_pool(),
        settings,
        seed=3,
        round_number=1,
        checkpoint_folder=checkpoints,
    )


@pytest.mark.parametrize("gradient_cache", [False, True])
@pytest.mark.parametrize("batch_queries", [PLAIN.batch_queries, 1])
def test_two_processes_are_one(
    load_tiny: Callable[[], Encoder], tmp_path: Path, gradient_cache: bool, batch_queries: int
) -> None:
    changed = {"gradient_cache": gradient_cache, "batch_queries": batch_queries}
    alone, joint = (
        train(
            load_tiny(),
            settings.model_copy(update=changed),
            tmp_path / f"{settings.processes}",
        )
        for settings in (PLAIN, TWO)
    )
    for column, tolerance in (("loss", 1e-4), ("gradient_norm", 1e-3), ("dev_nDCG@10", 1e-9)):
        found, expected = (result.history[column] for result in (joint, alone))
        assert found.is_null().equals(expected.is_null())
        assert found.drop_nulls().to_list() == pytest.approx(
            expected.drop_nulls().to_list(), rel=tolerance
        )
    assert joint.best_step == alone.best_step
    for name, weights in joint.encoder.state_dict().items():
        torch.testing.assert_close(
            weights, alone.encoder.state_dict()[name], rtol=0, atol=2e-3, msg=name
        )
    assert [path.name for path in (tmp_path / "2").glob("*/step-*")] == ["step-00000012"]


def _train_and_kill(encoder_folder: Path, checkpoints: Path, step: int) -> None:
    """The process that started the others is killed once the checkpoint of `step` is there."""
    import threading
    import time

    from trisampler.encoders.encoder import Encoder

    def watch() -> None:
        while not list(checkpoints.glob(f"*/step-{step:08}")):
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    train(Encoder.load_folder(encoder_folder), TWO, checkpoints)


def test_killed_and_run_again(
    load_tiny: Callable[[], Encoder], tiny_saved_encoder: Path, tmp_path: Path
) -> None:
    expected = train(load_tiny(), TWO, tmp_path / "uninterrupted")
    killed = multiprocessing.get_context("spawn").Process(
        target=_train_and_kill, args=(tiny_saved_encoder, tmp_path / "killed", 6)
    )
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    found = train(load_tiny(), TWO, tmp_path / "killed")
    assert found.history.drop("queries_per_second").equals(
        expected.history.drop("queries_per_second")
    )
    for name, weights in found.encoder.state_dict().items():
        assert torch.equal(weights, expected.encoder.state_dict()[name]), name


@pytest.mark.parametrize("gradient_cache", [False, True])
def test_a_step_adds_gradients_up_once(
    load_tiny: Callable[[], Encoder],
    collection: Toy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gradient_cache: bool,
) -> None:
    added, add = [], distributed.all_reduce

    def counted(tensor: torch.Tensor, *arguments: Any) -> Any:
        added.append(tensor.numel())
        return add(tensor, *arguments)

    monkeypatch.setattr(distributed, "all_reduce", counted)
    folder = tmp_path / "a folder #1"
    folder.mkdir()
    join_group("gloo", folder / "meeting", rank=0, count=1)
    try:
        settings = PLAIN.model_copy(update={"gradient_cache": gradient_cache})
        encoder, examples = load_tiny(), collection.examples()
        task = TrainingTask(encoder, examples, None, settings, seed=0, round_number=1)
        stepper = Stepper(task, torch.device("cpu"), Group())
        batches = Batches(examples, settings, seed=0, round_number=1)
        for step in (1, 2, 3):
            stepper.run(batches.at(step), 1e-3, seed=0)
    finally:
        distributed.destroy_process_group()
    assert added == [sum(weight.numel() for weight in encoder.parameters())] * 3


def test_what_a_process_raises_is_told_once(
    load_tiny: Callable[[], Encoder], tmp_path: Path
) -> None:
    exploding = TWO.model_copy(update={"learning_rate": 1e30, "warmup_fraction": 0.0})
    with pytest.raises(TrisamplerError, match=r"training diverged at step \d+: .*queries are 'q"):
        train(load_tiny(), exploding, tmp_path)
