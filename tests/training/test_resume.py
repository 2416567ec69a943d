"""A training killed at any point and run again ends as if nothing had happened, bit for bit."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from training import toy
from training.toy import KILL_POINTS, train_toy

# Processes fork from a server that has imported everything and computed nothing: cheap, and clean
# of the threads that a fork of this process would leave in disorder.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["torch", "transformers", "trisampler.training.step", "trisampler.training.trainer"]
)
QUICK = ("in the second epoch", "inside the third checkpoint", "between best weights and position")


def run(
    encoder: Path, checkpoints: Path, result: Path, kill_point: str | None = None, **changes: Any
) -> int:
    process = PROCESSES.Process(
        target=train_toy, args=(encoder, checkpoints, result, kill_point), kwargs=changes
    )
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


@pytest.fixture(scope="module")
def uninterrupted(tiny_saved_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert run(tiny_saved_encoder, folder / "checkpoints", folder / "result") == 0
    return folder / "result"


def assert_same(result: Path, expected: Path) -> None:
    weights = [path.with_suffix(".safetensors").read_bytes() for path in (result, expected)]
    assert weights[0] == weights[1]
    curves = [
        pl.read_parquet(path.with_suffix(".parquet")).drop("queries_per_second")
        for path in (result, expected)
    ]
    assert curves[0].equals(curves[1])


@pytest.mark.parametrize(
    "kill_point",
    [
        pytest.param(point, marks=[] if point in QUICK else pytest.mark.slow)
        for point in KILL_POINTS
    ],
)
def test_killed_and_run_again(
    tiny_saved_encoder: Path, uninterrupted: Path, tmp_path: Path, kill_point: str
) -> None:
    checkpoints, result = tmp_path / "checkpoints", tmp_path / "result"
    assert run(tiny_saved_encoder, checkpoints, result, kill_point) == -signal.SIGKILL
    assert not result.with_suffix(".safetensors").exists()
    assert run(tiny_saved_encoder, checkpoints, result) == 0
    assert_same(result, uninterrupted)
    assert len(list(checkpoints.glob("*/step-*"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"learn_temperature": True, "symmetric": True, "matryoshka_dimensions": (8,)},
        {"gradient_cache": True, "gradient_checkpointing": True},
        {"lora_rank": 2},
    ],
    ids=["learned temperature", "little memory", "adapters"],
)
def test_other_trainings_go_on_as_exactly(
    tiny_saved_encoder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    for name, points in (("whole", ()), ("killed", ("in the second epoch", "after the last step"))):
        place = (tiny_saved_encoder, tmp_path / f"{name} checkpoints", tmp_path / name)
        for point in points:
            assert run(*place, point, **changes) == -signal.SIGKILL
        assert run(*place, **changes) == 0
    assert_same(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.slow
def test_killed_again_and_again(
    tiny_saved_encoder: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    checkpoints, result = tmp_path / "checkpoints", tmp_path / "result"
    points = [
        "before the first checkpoint",
        "inside the first checkpoint",
        "between two checkpoints",
        "in the second epoch",
        "between best weights and position",
        "in the third epoch",
        "after the last step",
    ]
    for point in points:
        assert run(tiny_saved_encoder, checkpoints, result, point) == -signal.SIGKILL
    assert run(tiny_saved_encoder, checkpoints, result) == 0
    assert_same(result, uninterrupted)


def test_it_goes_on_and_does_not_begin_again(
    tiny_saved_encoder: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    checkpoints, result = tmp_path / "checkpoints", tmp_path / "result"
    assert run(tiny_saved_encoder, checkpoints, result, "in the second epoch") == -signal.SIGKILL
    assert sorted(path.name for path in checkpoints.glob("*/step-*")) == ["step-00000006"]
    # A process that would be killed at step 5 passes, for it never comes there.
    assert run(tiny_saved_encoder, checkpoints, result, "between two checkpoints") == 0
    assert_same(result, uninterrupted)


def _interrupted_in_a_step(encoder: Path, checkpoints: Path, result: Path) -> None:
    """Train until SIGTERM comes in the middle of step 5, between two checkpoints."""
    from trisampler.interruption import Interrupted, interruptible
    from trisampler.training.loop import TrainingLoop

    step = TrainingLoop._step

    def asked_to_end(self: Any, at: int) -> Any:
        if at == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(self, at)

    TrainingLoop._step = asked_to_end  # type: ignore[method-assign]
    try:
        with interruptible():
            train_toy(encoder, checkpoints, result)
    except Interrupted as interrupted:
        raise SystemExit(interrupted.exit_code) from None


def test_asked_to_end_it_keeps_the_step_it_is_in(
    tiny_saved_encoder: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    place = (tiny_saved_encoder, tmp_path / "checkpoints", tmp_path / "result")
    process = PROCESSES.Process(target=_interrupted_in_a_step, args=place)
    process.start()
    process.join()
    assert process.exitcode == 128 + signal.SIGTERM
    assert sorted(path.name for path in place[1].glob("*/*")) == ["best-00000004", "step-00000005"]
    assert run(*place) == 0
    assert_same(place[2], uninterrupted)


def _told(encoder: Path, checkpoints: Path, message: Path, largest_file: int | None) -> None:
    """Train; write the error there is into `message`. No file may grow beyond `largest_file`."""
    from trisampler.training.errors import TrainingError

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    try:
        train_toy(encoder, checkpoints, message)
    except TrainingError as error:
        message.write_text(str(error))
        raise SystemExit(7) from error


def _assert_it_fails_and_keeps_the_last_checkpoint(
    encoder: Path, checkpoints: Path, message: Path, largest_file: int | None = None
) -> None:
    process = PROCESSES.Process(target=_told, args=(encoder, checkpoints, message, largest_file))
    process.start()
    process.join()
    assert process.exitcode == 7
    assert message.read_text().startswith(f"checkpoints cannot be written to {checkpoints}")
    assert sorted(path.name for path in checkpoints.glob("*/*")) == [
        "best-00000004",
        "step-00000004",
    ]


def test_a_limit_on_files_leaves_the_last_checkpoint(
    tiny_saved_encoder: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    checkpoints, result = tmp_path / "checkpoints", tmp_path / "result"
    assert run(tiny_saved_encoder, checkpoints, result, "between two checkpoints") < 0
    largest = max(path.stat().st_size for path in checkpoints.glob("*/step-*/*"))
    _assert_it_fails_and_keeps_the_last_checkpoint(
        tiny_saved_encoder, checkpoints, tmp_path / "message", largest_file=largest // 2
    )
    assert run(tiny_saved_encoder, checkpoints, result) == 0
    assert_same(result, uninterrupted)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 64 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder))
    if not mounted:
        pytest.skip("A disk that is full needs the right to mount one.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def test_a_full_disk_leaves_the_last_checkpoint(
    tiny_saved_encoder: Path, uninterrupted: Path, small_disk: Path, tmp_path: Path
) -> None:
    checkpoints, result = small_disk / "checkpoints", tmp_path / "result"
    assert run(tiny_saved_encoder, checkpoints, result, "between two checkpoints") < 0
    rest = shutil.disk_usage(small_disk).free - 100_000
    (small_disk / "of somebody else").write_bytes(bytes(rest))
    _assert_it_fails_and_keeps_the_last_checkpoint(
        tiny_saved_encoder, checkpoints, tmp_path / "message"
    )
    (small_disk / "of somebody else").unlink()
    assert run(tiny_saved_encoder, checkpoints, result) == 0
    assert_same(result, uninterrupted)


def test_changed_settings_are_another_training(
    tiny_saved_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints, result = tmp_path / "checkpoints", tmp_path / "result"
    assert run(tiny_saved_encoder, checkpoints, result, "in the second epoch") == -signal.SIGKILL
    changed = toy.SETTINGS.model_copy(update={"learning_rate": 1e-3, "steps": 3})
    monkeypatch.setattr(toy, "SETTINGS", changed)
    toy.train_toy(tiny_saved_encoder, checkpoints, result)
    history = pl.read_parquet(result.with_suffix(".parquet"))
    assert history["step"].to_list() == [0, 1, 2, 3]
    assert history["learning_rate"].max() == pytest.approx(1e-3)
