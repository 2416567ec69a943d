from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest
import torch

from trisampler.training.checkpoints import Checkpoints, Position, remove_checkpoints
from trisampler.training.errors import TrainingError


def position(value: float) -> Position:
    return Position(
        weights={"w": torch.full((3, 2), value), "b": torch.full((2,), -value)},
        objective={"sharpness": torch.tensor(value)},
        optimizer={"state": {0: {"step": torch.tensor(value)}}, "param_groups": [{"lr": value}]},
        history=pl.DataFrame({"step": [int(value)]}),
    )


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*"))


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    Checkpoints(tmp_path, "me").save(position(3), 3, 0)
    found = Checkpoints(tmp_path, "me").latest()
    assert found is not None
    assert torch.equal(found.weights["w"], position(3).weights["w"])
    assert found.objective == {"sharpness": torch.tensor(3.0)}
    assert found.optimizer["state"][0]["step"] == 3
    assert found.history["step"].to_list() == [3]


def test_the_last_position_and_the_best_weights_stay(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "me")
    for step, best in ((2, 2), (4, 4), (6, 4)):
        if best == step:
            checkpoints.save_best(step, position(step).weights)
        checkpoints.save(position(step), step, best)
    assert names(tmp_path) == ["me/best-00000004", "me/step-00000006"]
    assert torch.equal(checkpoints.best_weights(4)["b"], position(4).weights["b"])
    remove_checkpoints(tmp_path)
    assert not list(tmp_path.iterdir())


def test_stray_files_are_passed_over(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "me")
    checkpoints.save(position(1), 1, 0)
    for folder in (tmp_path, tmp_path / "me"):
        (folder / ".DS_Store").write_text("of a file manager")
    checkpoints.save(position(2), 2, 0)
    assert names(tmp_path) == ["me/.DS_Store", "me/step-00000002"]
    remove_checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".DS_Store"]


def test_a_foreign_checkpoint_is_ignored_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Checkpoints(tmp_path, "other").save(position(9), 9, 0)
    mine = Checkpoints(tmp_path, "me")
    with caplog.at_level(logging.INFO):
        assert mine.latest() is None
    assert "another training" in caplog.text
    # The other's weights stay what they were until this training has a checkpoint of its own.
    mine.save_best(0, position(1).weights)
    assert Checkpoints(tmp_path, "other").latest() is not None
    mine.save(position(1), 1, 0)
    assert names(tmp_path) == ["me/best-00000000", "me/step-00000001"]


@pytest.mark.parametrize("file", ["weights.safetensors", "optimizer.pt", "history.parquet"])
def test_a_damaged_checkpoint_is_ignored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str
) -> None:
    Checkpoints(tmp_path, "me").save(position(1), 1, 0)
    damaged = tmp_path / "me" / "step-00000001" / file
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    assert Checkpoints(tmp_path, "me").latest() is None
    assert "damaged" in caplog.text


def test_an_optimizer_file_cannot_run_code(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    Checkpoints(tmp_path, "me").save(position(1), 1, 0)
    torch.save(Evil(), tmp_path / "me" / "step-00000001" / "optimizer.pt")
    assert Checkpoints(tmp_path, "me").latest() is None
    assert not (tmp_path / "ran").exists()


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    torn = tmp_path / "me" / ".step-00000001.12345678.tmp"
    torn.mkdir(parents=True)
    (torn / "weights.safetensors").write_bytes(b"half")
    assert Checkpoints(tmp_path, "me").latest() is None
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match=r"cannot be written to .*file"):
        Checkpoints(tmp_path / "file" / "checkpoints", "me")


def test_missing_best_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="step 7"):
        Checkpoints(tmp_path, "me").best_weights(7)
