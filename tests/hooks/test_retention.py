"""When a run prunes, and when it does not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.configuration import read_configuration
from trisampler.datasets.files import WholeJSON
from trisampler.hooks.retention import RetentionHooks
from trisampler.incremental.runner import IncrementalRunner

ROOT = Path(__file__).parents[2]


def make(size: int) -> dict[str, int]:
    return {"size": 10 // size}


PIPELINE = Pipeline([Node(make, "params:size", "report", name="make")])


def run(folder: Path, keep: int | None, size: int = 1, *, dry_run: bool = False) -> bool:
    """Run, in a project with a third round that the structure does not have; was it pruned?"""
    third = folder / "data" / "06_models" / "trial" / "encoder_3"
    third.mkdir(parents=True, exist_ok=True)
    hooks = RetentionHooks()
    manager = _create_hook_manager()
    manager.register(hooks)
    hooks.after_context_created(context(folder, keep))
    catalog = DataCatalog(
        {
            "params:size": MemoryDataset(size),
            "report": WholeJSON(filepath=str(folder / "report.json")),
        }
    )
    IncrementalRunner(dry_run=dry_run).run(PIPELINE, catalog, manager, run_id="one")
    manager.hook.after_pipeline_run(
        run_params={}, run_result={}, pipeline=PIPELINE, catalog=catalog
    )
    return not third.exists()


def context(folder: Path, keep: int | None) -> Any:
    given = {"workspace": "trial", "retention": {"keep": keep}}
    return SimpleNamespace(
        project_path=folder, config_loader=read_configuration(ROOT, "base", given)
    )


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


def test_a_run_that_made_something_prunes_where_keep_is_set(tmp_path: Path) -> None:
    assert not run(tmp_path, None)
    assert run(tmp_path, 1, size=2)
    assert not (tmp_path / "mlflow.db").exists()


def test_a_dry_run_and_one_with_nothing_to_do_prune_nothing(tmp_path: Path) -> None:
    assert not run(tmp_path, 1, dry_run=True)
    assert run(tmp_path, 1)
    assert not run(tmp_path, 1)


def test_a_run_that_fails_prunes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, 1, size=0)
    assert (tmp_path / "data" / "06_models" / "trial" / "encoder_3").exists()


def test_one_of_several_processes_leaves_it_to_who_closes_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "shared")
    assert not run(tmp_path, 1)


def test_pruning_that_fails_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mlflow.db").write_text("This is no database. " * 100)
    assert not run(tmp_path, 1)
    (warning,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert warning.getMessage().startswith("Nothing is pruned: NoAnswerError: MLflow at mlflow.db")
