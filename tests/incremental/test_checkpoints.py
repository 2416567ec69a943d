"""A node's checkpoints stay until its outputs are saved and recorded, and no longer."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON
from trisampler.datasets.handles import CheckpointFolder, GrowingFolder
from trisampler.incremental import runner
from trisampler.incremental.runner import IncrementalRunner

found: list[list[str]] = []


class NoRoom(WholeJSON):
    def save(self, data: object) -> None:  # noqa: ARG002
        raise OSError(errno.ENOSPC, "No space left on device")


def train(checkpoints: Path, cache: Path, rate: float) -> tuple[int, int]:
    found.append([path.name for path in checkpoints.glob("*/*")])
    for folder in (checkpoints, cache):
        (folder / "own" / "step-00000012").mkdir(parents=True, exist_ok=True)
    return 1, 2


PIPELINE = Pipeline(
    [
        Node(
            train,
            ["checkpoints", "cache", "params:rate"],
            ["history", "encoder"],
            name="train",
        )
    ]
)


def run(
    folder: Path, encoder: type[WholeJSON] = WholeJSON, rate: float = 0.1, *, force: bool = False
) -> None:
    catalog = DataCatalog(
        {
            "checkpoints": CheckpointFolder(filepath=str(folder / "checkpoints")),
            "cache": GrowingFolder(filepath=str(folder / "cache")),
            "history": WholeJSON(filepath=str(folder / "history.json")),
            "encoder": encoder(filepath=str(folder / "encoder.json")),
            "params:rate": MemoryDataset(rate),
        }
    )
    IncrementalRunner(force=force).run(PIPELINE, catalog)


def kept(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).parts[0] for path in folder.glob("*/*/step-*"))


@pytest.fixture(autouse=True)
def nothing_found_yet() -> None:
    found.clear()


def test_they_stay_while_an_output_is_not_saved_and_go_then(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No space left"):
        run(tmp_path, NoRoom)
    assert kept(tmp_path) == ["cache", "checkpoints"]
    run(tmp_path)
    assert found == [[], ["step-00000012"]]
    assert kept(tmp_path) == ["cache"]


def test_they_stay_while_an_output_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "write_record", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    monkeypatch.undo()
    assert kept(tmp_path) == ["cache", "checkpoints"]
    run(tmp_path)
    assert kept(tmp_path) == ["cache"]


def test_those_of_another_key_go_before_the_node_runs(tmp_path: Path) -> None:
    for rate in (0.1, 0.1, 0.2):
        with pytest.raises(DatasetError, match="No space left"):
            run(tmp_path, NoRoom, rate)
    assert found == [[], ["step-00000012"], []]


def test_a_forced_run_of_what_is_up_to_date_begins_anew_and_goes_on_if_it_did_not_end(
    tmp_path: Path,
) -> None:
    run(tmp_path)
    train(tmp_path / "checkpoints", tmp_path / "cache", 0.1)  # killed before they were discarded
    found.clear()
    for _ in range(2):
        with pytest.raises(DatasetError, match="No space left"):
            run(tmp_path, NoRoom, force=True)
    assert found == [[], ["step-00000012"]]
