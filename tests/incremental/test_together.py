"""Two runs in one project at the same time."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON
from trisampler.incremental.locking import locked
from trisampler.incremental.plan import ChangedInputError
from trisampler.incremental.records import read_record, record_path
from trisampler.incremental.runner import IncrementalRunner

calls: list[str] = []
at_begin: list[Any] = []
meanwhile: list[Any] = []


def begin(number: int) -> int:
    calls.append("begin")
    for action in at_begin:
        action()
    return number


def go_on(begun: int) -> int:
    calls.append("go on")
    for action in meanwhile:
        action()
    return begun + 1


PIPELINE = Pipeline(
    [
        Node(begin, "params:number", "begun", name="begin"),
        Node(go_on, "begun", "ended", name="go_on"),
    ]
)


def run(folder: Path, number: int = 1) -> None:
    files = {name: WholeJSON(filepath=str(folder / f"{name}.json")) for name in ("begun", "ended")}
    catalog = DataCatalog({**files, "params:number": MemoryDataset(number)})
    IncrementalRunner().run(PIPELINE, catalog)


@pytest.fixture(autouse=True)
def nothing_called_yet() -> None:
    for kept in (calls, at_begin, meanwhile):
        kept.clear()


class Waiting(logging.Handler):
    """Counts the runs that say that they wait for another."""

    def __init__(self) -> None:
        super().__init__()
        self._said = threading.Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        self._said.release()

    def wait_for(self, number: int) -> None:
        """Return once so many wait."""
        for _ in range(number):
            assert self._said.acquire(timeout=60)


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    handler = Waiting()
    logger = logging.getLogger("trisampler.incremental.locking")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_each_node_is_run_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, waiting: Waiting
) -> None:
    at_begin.append(lambda: waiting.wait_for(2))
    with caplog.at_level("INFO", logger="trisampler"):
        threads = [threading.Thread(target=run, args=(tmp_path,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert calls == ["begin", "go on"]
    assert "Waiting for another run, which is at work on begin." in caplog.text
    assert "go_on (by another run meanwhile)" in caplog.text
    assert json.loads((tmp_path / "ended.json").read_text()) == 2
    assert {path.name for path in tmp_path.iterdir()} == {
        *("begun.json", "begun.json.record.json", "ended.json", "ended.json.record.json")
    }


def test_a_run_with_other_parameters_is_noticed_and_nothing_is_recorded(tmp_path: Path) -> None:
    def other_run() -> None:
        meanwhile.clear()
        (tmp_path / "begun.json").write_text("7")
        path = record_path(tmp_path / "begun.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), "key": "of another"}))

    meanwhile.append(other_run)
    with pytest.raises(ChangedInputError, match="go_on: another run has changed begun"):
        run(tmp_path)
    assert read_record(tmp_path / "ended.json") is None
    run(tmp_path)
    assert json.loads((tmp_path / "ended.json").read_text()) == 2


def test_a_lock_that_a_killed_process_left_is_none(tmp_path: Path) -> None:
    left = tmp_path / ".begun.json.lock"
    left.touch()
    with locked(tmp_path / "begun.json", "begin"):
        assert left.exists()
    assert not left.exists()


def test_where_there_are_no_locks_it_runs_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(handle: int, how: int) -> None:
        raise OSError(38, os.strerror(38))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    run(tmp_path)
    assert calls == ["begin", "go on"]
