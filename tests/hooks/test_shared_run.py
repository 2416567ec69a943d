"""One MLflow run for several processes, on a real SQLite store."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON, WholeText
from trisampler.hooks.shared_run import UnfinishedError, close_shared_run, open_shared_run
from trisampler.hooks.tracking import TrackingHooks
from trisampler.hooks.tracking_settings import TrackingError
from trisampler.incremental.runner import IncrementalRunner

SETTINGS = {
    "enabled": True,
    "experiment": "trial",
    "database": "mlflow.db",
    "artifacts": "mlartifacts",
    "registered_model": "trial",
}


def train(size: int) -> str:
    return "weights" * size


def measure(encoder: str) -> dict[str, Any]:
    if not encoder:
        raise ValueError("no weights")
    return {"test": {"encoder_1": {"nDCG@10": 1 / len(encoder)}}}


PIPELINE = Pipeline(
    [
        Node(train, "params:size", "encoder_1", name="train"),
        Node(measure, "encoder_1", "metrics", name="measure"),
    ]
)


class World:
    """A project's context, made anew in each process."""

    def __init__(self, folder: Path, size: int = 2, **tracking: Any) -> None:
        self.folder = folder
        self.context: Any = SimpleNamespace(
            config_loader={"tracking": SETTINGS | tracking},
            project_path=folder,
            params={"size": size},
            catalog=DataCatalog(
                {
                    "params:size": MemoryDataset(size),
                    "parameters": MemoryDataset({"size": size}),
                    "encoder_1": WholeText(
                        filepath=str(folder / "encoder_1"), metadata={"mlflow": "models"}
                    ),
                    "metrics": WholeJSON(
                        filepath=str(folder / "metrics.json"), metadata={"mlflow": "reporting"}
                    ),
                }
            ),
        )

    def run(self, node: str) -> TrackingHooks:
        """As one process runs one node."""
        hooks = TrackingHooks()
        manager = _create_hook_manager()
        manager.register(hooks)
        hooks.after_context_created(self.context)
        hooks.before_pipeline_run({"run_id": "2026-01-01"})
        pipeline = PIPELINE.filter(node_names=[node])
        try:
            IncrementalRunner().run(pipeline, self.context.catalog, manager)
        except ValueError as error:
            hooks.on_pipeline_error(error)
        else:
            hooks.after_pipeline_run(pipeline, self.context.catalog)
        return hooks

    def close(self) -> str | None:
        return close_shared_run(self.context, PIPELINE)

    def tracked(self) -> list[Any]:
        experiment = self.client.get_experiment_by_name("trial")
        return list(self.client.search_runs([experiment.experiment_id]))

    @property
    def client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With a run that was opened for it."""
    world = World(tmp_path)
    run_id = open_shared_run(world.context, "dag/monday")
    assert run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    return world


def test_processes_share_one_run_that_ends_with_all_that_a_single_one_has(world: World) -> None:
    world.run("train")
    (going,) = world.tracked()
    assert going.info.status == "RUNNING"
    World(world.folder).run("measure")
    World(world.folder).close()
    (run,) = world.tracked()
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "dag/monday"
    assert run.data.params == {"size": "2"}
    assert run.data.metrics["test/encoder_1/nDCG_at_10"] == 1 / 14
    assert {"node_seconds/train", "node_seconds/measure"} <= set(run.data.metrics)
    logged = world.folder / "mlartifacts" / run.info.run_id / "artifacts"
    assert (logged / "models" / "encoder_1").read_text() == "weightsweights"
    assert (logged / "reporting" / "metrics.json").is_file()


def test_a_run_that_is_opened_twice_is_one_and_keeps_its_parameters(world: World) -> None:
    again = open_shared_run(World(world.folder, size=3).context, "dag/monday")
    other = open_shared_run(World(world.folder, size=3).context, "dag/tuesday")
    assert len(world.tracked()) == 2
    assert world.client.get_run(again).data.params == {"size": "2"}
    assert world.client.get_run(other).data.params == {"size": "3"}


def test_it_fails_with_what_is_missing_and_goes_on_after_a_retry(world: World) -> None:
    empty = World(world.folder, size=0)
    empty.run("train")
    empty.run("measure")
    (going,) = world.tracked()
    assert going.data.tags["error"] == "ValueError: no weights"
    assert going.info.status == "RUNNING"
    with pytest.raises(UnfinishedError, match=r"measure \(metrics is missing\)"):
        empty.close()
    (failed,) = world.tracked()
    assert failed.info.status == "FAILED"
    assert "metrics is missing" in failed.data.tags["error"]

    open_shared_run(world.context, "dag/monday")
    assert world.tracked()[0].info.status == "RUNNING"
    world.run("train")
    world.run("measure")
    world.close()
    world.close()
    (run,) = world.tracked()
    assert run.info.status == "FINISHED"
    assert "error" not in run.data.tags
    history = world.client.get_metric_history(run.info.run_id, "test/encoder_1/nDCG_at_10")
    assert len(history) == 1


def test_what_was_up_to_date_is_shown_and_its_model_is_not_logged_again(world: World) -> None:
    for node in ("train", "measure"):
        world.run(node)
    world.close()
    monday = world.tracked()[0].info.run_id
    tuesday = open_shared_run(world.context, "dag/tuesday")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_RUN_ID", tuesday or "")
        for node in ("train", "measure"):
            World(world.folder).run(node)
        World(world.folder).close()
    run = world.client.get_run(tuesday)
    assert run.data.metrics == {
        name: value
        for name, value in world.client.get_run(monday).data.metrics.items()
        if not name.startswith("node_seconds/")
    }
    assert not [item.path for item in world.client.list_artifacts(tuesday, "models")]


def test_with_tracking_off_closing_still_tells_what_is_missing(tmp_path: Path) -> None:
    world = World(tmp_path, enabled=False)
    assert open_shared_run(world.context, "dag/monday") is None
    with pytest.raises(UnfinishedError, match="train"):
        world.close()
    world.run("train")
    world.run("measure")
    assert world.close() is None
    assert not (tmp_path / "mlflow.db").exists()


def test_closing_needs_a_run_that_exists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "None")
    with pytest.raises(TrackingError, match="None"):
        world.close()
    monkeypatch.delenv("MLFLOW_RUN_ID")
    with pytest.raises(TrackingError, match="kedro tracking open"):
        world.close()


def test_it_is_not_opened_where_nobody_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:hush-hush@127.0.0.1:9")
    with pytest.raises(TrackingError, match=r"127\.0\.0\.1:9") as refused:
        open_shared_run(World(tmp_path).context, "dag/monday")
    assert "hush" not in str(refused.value)


def test_the_seconds_of_cells_come_from_the_processes_that_ran_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = TrackingHooks()
    hooks.after_context_created(world.context)
    node = Node(train, "params:size", "encoder_1", name="comparison.tri.seed_1.train_encoder")
    hooks.before_node_run(node, world.context.catalog)
    hooks.after_node_run(node)
    (run,) = world.tracked()
    assert f"node_seconds/{node.name}" in run.data.metrics
