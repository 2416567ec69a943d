"""Registering in a run: once, again where it was not done, and never at the cost of the run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from registry.conftest import Shop
from registry.conftest import empty_database as empty_database
from registry.conftest import shop as shop
from registry.conftest import workshop as workshop
from trisampler.datasets.files import WholeJSON
from trisampler.datasets.registry import ChampionHandle, RegisteredModelDataset
from trisampler.hooks.tracking import TrackingHooks
from trisampler.incremental.runner import IncrementalRunner
from trisampler.registry.champion import Champion
from trisampler.registry.client import digest_of
from trisampler.registry.registration import Release

SETTINGS = {
    "enabled": True,
    "experiment": "trial",
    "database": "mlflow.db",
    "artifacts": "mlartifacts",
    "registered_model": "trisampler-trial",
}
NOWHERE = "http://127.0.0.1:9"

calls: list[str] = []
ready: list[Release] = []


def look(champion: Champion) -> str:
    calls.append("look")
    return champion.standing


def release(standing: str) -> Release:
    calls.append("release")
    return ready[-1]


PIPELINE = Pipeline(
    [
        Node(look, "champion", "standing", name="look"),
        Node(release, "standing", "registered_model", name="release"),
    ]
)


def run(folder: Path, **settings: Any) -> list[str]:
    """Which nodes ran."""
    calls.clear()
    catalog = DataCatalog(
        {
            "champion": ChampionHandle(filepath=str(folder / "cache")),
            "standing": WholeJSON(filepath=str(folder / "standing.json")),
            "registered_model": RegisteredModelDataset(filepath=str(folder / "registered.json")),
            "parameters": MemoryDataset({"seed": 1}),
        }
    )
    hooks = TrackingHooks()
    manager = _create_hook_manager()
    manager.register(hooks)
    hooks.after_context_created(
        SimpleNamespace(config_loader={"tracking": SETTINGS | settings}, project_path=folder)
    )
    hooks.after_catalog_created(catalog)
    hooks.before_pipeline_run({"run_id": "now"})
    IncrementalRunner().run(PIPELINE, catalog, manager)
    hooks.after_pipeline_run(PIPELINE, catalog)
    return list(calls)


def told(folder: Path, name: str = "registered") -> Any:
    return json.loads((folder / f"{name}.json").read_text())


@pytest.fixture
def folder(shop: Shop) -> Path:
    ready.append(shop.release(1, shop.decision(1)))
    return shop.folder


def test_a_second_run_registers_nothing(shop: Shop, folder: Path) -> None:
    assert run(folder) == ["look", "release"]
    assert told(folder)["version"] == 1
    assert told(folder)["alias"] == "champion"
    # There is a champion now, and that alone is no reason to look again.
    assert run(folder) == []
    assert shop.standing() == {1: ("champion",)}


def test_the_version_is_that_of_the_run(shop: Shop, folder: Path) -> None:
    run(folder)
    (version,) = shop.registry.versions()
    made = shop.registry.client.get_run(version.run_id)
    assert made.data.tags["kedro.run_id"] == "now"
    assert made.data.tags["registered_model"] == "trisampler-trial/1"
    assert made.data.tags["registered_model.alias"] == "champion"


def test_a_roll_back_is_no_reason_to_run(shop: Shop, folder: Path) -> None:
    run(folder)
    ready.append(shop.release(2, shop.decision(2)))
    (folder / "registered.json").unlink()
    assert run(folder) == ["release"]
    shop.registry.roll_back()
    assert run(folder) == []
    assert shop.registry.champion() == shop.registry.version(1)


def test_without_tracking_nothing_is_registered_until_it_is_switched_on(
    shop: Shop, folder: Path
) -> None:
    assert run(folder, enabled=False) == ["look", "release"]
    assert told(folder, "standing") == "unknown"
    assert told(folder)["reason"] == "MLflow is off"
    assert run(folder, enabled=False) == []
    assert shop.standing() == {}
    assert run(folder) == ["release"]
    assert shop.standing() == {1: ("champion",)}


def test_where_mlflow_is_down_the_next_run_registers(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
    assert run(folder) == ["look", "release"]
    assert told(folder, "standing") == "unknown"
    assert not (folder / "registered.json").exists()
    assert "The bundle is not registered; the next run does it" in caplog.text
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run(folder) == ["release"]
    assert shop.standing() == {1: ("champion",)}


def test_another_store_gets_a_version_of_its_own(shop: Shop, folder: Path) -> None:
    run(folder)
    assert run(folder, database="other.db") == ["release"]
    assert told(folder)["store"] == "other.db"
    assert run(folder, database="other.db") == []


def test_a_database_that_is_gone_or_lies_elsewhere_gets_a_version(shop: Shop, folder: Path) -> None:
    run(folder)
    (folder / "mlflow.db").rename(folder / "away.db")
    assert run(folder) == ["release"]
    (folder / "moved").mkdir()
    assert run(folder, database="moved/mlflow.db") == ["release"]
    assert run(folder, database="moved/mlflow.db") == []


def test_another_name_gets_a_version_of_its_own(shop: Shop, folder: Path) -> None:
    run(folder)
    assert run(folder, registered_model="renamed") == ["release"]
    assert told(folder)["model"] == "renamed"
    assert run(folder, registered_model="renamed") == []


def test_a_password_is_not_kept() -> None:
    digests = {
        digest_of(f"http://{who}mlflow:5000/a{query}", Path("data"))
        for who in ("", "me:secret@", "you@")
        for query in ("", "?password=secret")
    }
    assert len(digests) == 1
    assert digest_of("http://mlflow:5000/b", Path("data")) not in digests


def test_a_copied_project_keeps_its_version(shop: Shop, folder: Path) -> None:
    run(folder)
    copied = Path(shutil.copytree(folder, folder.with_name("copied")))
    assert run(copied) == []
    (copied / "mlflow.db").rename(copied.parent / "mlflow.db")
    assert run(copied, database="../mlflow.db") == ["release"]


def test_a_store_that_breaks_while_a_version_is_made_costs_a_warning(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from mlflow import MlflowClient

    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_model_artifacts", full)
        assert run(folder) == ["look", "release"]
    assert "No space left on device" in caplog.text
    assert shop.standing() == {}
    assert run(folder) == ["release"]
    assert shop.standing() == {1: ("champion",)}
