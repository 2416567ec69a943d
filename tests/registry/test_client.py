"""The database behind an address, and who makes it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trisampler.file_lock import lock_beside, locked
from trisampler.hooks.mlflow_run import MlflowRun
from trisampler.registry.client import connect, database_of, uri_of_database


@pytest.mark.parametrize("name", ["100% of a%20b", "what?", "a#b", "Büro c++"])
def test_a_project_may_be_called_anything(name: str, tmp_path: Path, empty_database: Path) -> None:
    database = tmp_path / name / "mlflow.db"
    database.parent.mkdir()
    shutil.copy(empty_database, database)
    uri = uri_of_database(database)
    assert database_of(f"{uri}?timeout=30") == database
    connect(uri).create_experiment("here")
    with closing(sqlite3.connect(database)) as opened:
        assert ("here",) in opened.execute("SELECT name FROM experiments").fetchall()


def test_of_two_runs_one_makes_the_database(tmp_path: Path, empty_database: Path) -> None:
    database = tmp_path / "mlflow.db"
    other = threading.Thread(target=connect, args=(uri_of_database(database),))
    with locked(lock_beside(database), lambda: None):
        other.start()
        other.join(1)
        assert other.is_alive()
        assert not database.exists()
        shutil.copy(empty_database, database)
    other.join()
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("SELECT count(*) FROM experiments").fetchone() == (1,)
    assert not lock_beside(database).exists()


def test_an_experiment_that_another_run_makes_meanwhile_is_used(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = uri_of_database(Path(shutil.copy(empty_database, tmp_path)))
    made = connect(uri).create_experiment("trial")
    look_up = MlflowClient.get_experiment_by_name
    answers = [None]
    monkeypatch.setattr(
        MlflowClient,
        "get_experiment_by_name",
        lambda client, name: answers.pop() if answers else look_up(client, name),
    )
    assert MlflowRun.start(uri, "trial", tmp_path, "run", {}).experiment_id == made
