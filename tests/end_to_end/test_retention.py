"""Retraining with `retention.keep`: what stays, what goes, and that nothing runs again for it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from end_to_end.conftest import FinishedRun
from end_to_end.mlflow_server import mlflow_ui
from end_to_end.project import Project
from trisampler.commands import prune
from trisampler.encoders.vector_cache import VectorCache
from trisampler.project_registry import project_registry
from trisampler.registry.logged_model import bundle_folder
from trisampler.release import Bundle

_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}


def moved(finished: FinishedRun, folder: Path) -> Project:
    """A copy whose MLflow has its artifacts in the copy, so that those of the others stay."""
    shutil.copytree(finished.project.folder, folder)
    with sqlite3.connect(folder / "mlflow.db") as database:
        for table, columns in _PLACES.items():
            for column in columns:
                database.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                    (str(finished.project.folder), str(folder)),
                )
    return Project(folder)


def size_of(folder: Path) -> int:
    """Bytes of all but what runs tell of themselves, which stays."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(file.stat().st_size for file in files if "reporting" not in file.parts)


def given(seed: int, passes: bool) -> str:
    """Parameters of a short training whose encoder the gate lets through, or not."""
    gate = "margin=0.99" if passes else "alpha=1.0e-9"
    return f"encoder.name=untrained:{seed},training.steps=6,promotion.{gate}"


@pytest.mark.slow
def test_retrainings_leave_the_champion_the_newest_and_a_way_back(
    finished: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = moved(finished, tmp_path / "project")
    registry = project_registry(project.folder, "smoke", "smoke")
    cache = VectorCache(project.path("04_feature/vector_cache"))

    def retrain(seed: int, *, passes: bool) -> str:
        return project.run("--params", f"{given(seed, passes)},retention.keep=1")

    # Refused twice: the champion is the oldest, the challenger between goes with all that it had.
    retrain(1, passes=False)
    assert [version.number for version in registry.versions()] == [1, 2]
    stores, models = len(cache.stores()), project.folder / "mlartifacts"
    disk = size_of(models)
    assert "Pruned (retention.keep=1): " in retrain(2, passes=False)
    assert [version.number for version in registry.versions()] == [1, 3]
    assert len(cache.stores()) == stores
    assert abs(size_of(models) - disk) < 0.1 * disk

    # Promoted: the one before is there to roll back to, whole, and the gate still measures.
    retrain(3, passes=True)
    assert {v.number: v.aliases for v in registry.versions()} == {1: (), 4: ("champion",)}
    assert registry.roll_back()[1].number == 1
    champion = registry.champion()
    assert champion is not None
    Bundle.load(bundle_folder(registry, champion, project.path("06_models/champion"))).verify()

    # By hand, with nothing left to do, and the next run has nothing to run.
    monkeypatch.chdir(project.folder)
    where = ["--workspace", "smoke", "--env", "smoke"]
    told = CliRunner().invoke(prune.command, [*where, "--keep", "1"])
    assert told.exit_code == 0, told.output
    assert "Everything is up to date" in project.run("--params", given(3, passes=True))


@pytest.mark.slow
def test_behind_a_server_files_go_too_and_whoever_closes_a_shared_run_prunes(
    finished: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished.project.folder, tmp_path / "project")
    (tmp_path / "server").mkdir()
    with mlflow_ui(tmp_path / "server" / "mlflow.db") as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        project = Project(tmp_path / "project", {"MLFLOW_TRACKING_URI": address})
        registry = project_registry(project.folder, "smoke", "smoke")
        models = tmp_path / "server" / "mlartifacts"

        def retrain(seed: int, run_id: str | None = None, *, passes: bool = False) -> str:
            shared = {"MLFLOW_RUN_ID": run_id} if run_id else {}
            by = replace(project, mlflow={**project.mlflow, **shared})
            return by.run("--params", f"{given(seed, passes)},retention.keep=1")

        def numbers() -> list[int]:
            return [version.number for version in registry.versions()]

        retrain(1, passes=True)
        retrain(2)
        assert numbers() == [1, 2]
        disk = size_of(models)
        assert "Pruned (retention.keep=1): " in retrain(3)
        assert numbers() == [1, 3]
        assert abs(size_of(models) - disk) < 0.1 * disk

        # Several processes under one run: none prunes before it is closed.
        tracking = ("tracking", "open", "--name", "shared", "--env", "smoke")
        run_id = project.kedro(*tracking).splitlines()[-1]
        assert "Pruned" not in retrain(4, run_id)
        assert numbers() == [1, 3, 4]
        closing = replace(project, mlflow={**project.mlflow, "MLFLOW_RUN_ID": run_id})
        told = closing.kedro(
            "tracking", "close", "--env", "smoke", "--params", f"{given(4, False)},retention.keep=1"
        )
        assert "Pruned (retention.keep=1): " in told
        assert numbers() == [1, 4]
        assert abs(size_of(models) - disk) < 0.1 * disk
