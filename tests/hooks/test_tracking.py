"""Tracking on a real SQLite store, through a bare pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON, WholeTable
from trisampler.hooks.mlflow_run import MlflowRun
from trisampler.hooks.tracking import TrackingHooks
from trisampler.incremental.runner import IncrementalRunner
from trisampler.secrets import without_secrets

REPORTING = {"mlflow": "reporting"}
SETTINGS = {
    "enabled": True,
    "experiment": "trial",
    "database": "mlflow.db",
    "artifacts": "mlartifacts",
    "registered_model": "trial",
}


def make_corpus(size: int) -> pl.DataFrame:
    if size < 1:
        raise ValueError(f"size is {size}")
    return pl.DataFrame({"doc_id": [str(row) for row in range(size)]})


def measure(corpus: pl.DataFrame) -> tuple[dict[str, Any], pl.DataFrame, dict[str, Any]]:
    history = pl.DataFrame({"step": [1, 2], "loss": [1.5, 1.0], "dev_nDCG@10": [None, 0.5]})
    audit = {
        "rounds": [
            {"round": number, "sampler": "tri", "rate": {"low": 0.1 * number, "high": None}}
            for number in (1, 2)
        ]
    }
    measures = {"nDCG@10": 0.25, "RR(rel=2)@10": 0.5, "RR(rel=3)@10": 0.125}
    return {"test": {"encoder_1": measures}}, history, audit


PIPELINE = Pipeline(
    [
        Node(make_corpus, "params:size", "corpus", name="make_corpus"),
        Node(measure, "corpus", ["metrics", "round_1.training_history", "audit"], name="measure"),
    ]
)


def run(folder: Path, settings: dict[str, Any], size: int = 3) -> TrackingHooks:
    hooks = TrackingHooks()
    manager = _create_hook_manager()
    manager.register(hooks)
    catalog = DataCatalog(
        {
            "corpus": WholeTable(filepath=str(folder / "corpus.parquet")),
            "metrics": WholeJSON(filepath=str(folder / "metrics.json"), metadata=REPORTING),
            "round_1.training_history": WholeTable(
                filepath=str(folder / "history.parquet"), metadata=REPORTING
            ),
            "audit": WholeJSON(filepath=str(folder / "audit.json"), metadata=REPORTING),
            "params:size": MemoryDataset(size),
            "parameters": MemoryDataset({"size": size, "source": {"path": None}}),
        }
    )
    hooks.after_context_created(
        SimpleNamespace(config_loader={"tracking": settings}, project_path=folder)
    )
    hooks.before_pipeline_run({"run_id": "2026-01-01"})
    try:
        IncrementalRunner().run(PIPELINE, catalog, manager)
    except ValueError as error:
        hooks.on_pipeline_error(error)
    else:
        hooks.after_pipeline_run(PIPELINE, catalog)
    return hooks


def runs(folder: Path) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("trial")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def steps_of(folder: Path, metric: str) -> dict[int, float]:
    from mlflow import MlflowClient

    (tracked,) = runs(folder)
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    history = client.get_metric_history(tracked.info.run_id, metric)
    return {each.step: each.value for each in history}


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_a_run_holds_parameters_metrics_history_inputs_and_artifacts(tmp_path: Path) -> None:
    hooks = run(tmp_path, SETTINGS)
    (tracked,) = runs(tmp_path)
    assert tracked.info.status == "FINISHED"
    assert hooks.where
    assert tracked.info.run_id in hooks.where
    assert tracked.data.params == {"size": "3", "source.path": "None"}
    assert tracked.data.metrics["test/encoder_1/nDCG_at_10"] == 0.25
    assert tracked.data.metrics["test/encoder_1/RR.rel-2_at_10"] == 0.5
    assert tracked.data.metrics["test/encoder_1/RR.rel-3_at_10"] == 0.125
    assert tracked.data.metrics["round_1/loss"] == 1.0
    assert tracked.data.metrics["round_1/dev_nDCG_at_10"] == 0.5
    assert tracked.data.metrics["node_seconds/measure"] >= 0
    assert steps_of(tmp_path, "audit/rate.low") == {1: 0.1, 2: 0.2}
    assert [name for name in tracked.data.metrics if name.startswith("audit/")] == [
        "audit/rate.low"
    ]
    assert [given.dataset.name for given in tracked.inputs.dataset_inputs] == ["corpus"]
    corpus = tracked.inputs.dataset_inputs[0].dataset
    assert json.loads(corpus.profile) == {"num_rows": 3}
    (column,) = json.loads(corpus.schema)["mlflow_colspec"]
    assert (column["name"], column["type"]) == ("doc_id", "string")
    logged = tmp_path / "mlartifacts" / tracked.info.run_id / "artifacts" / "reporting"
    assert json.loads((logged / "metrics.json").read_text())["test"]
    assert (logged / "round_1" / "history.parquet").is_file()


def test_a_run_with_nothing_to_do_makes_no_mlflow_run(tmp_path: Path) -> None:
    run(tmp_path, SETTINGS)
    hooks = run(tmp_path, SETTINGS)
    assert len(runs(tmp_path)) == 1
    assert hooks.where is None


def test_a_failed_run_is_marked_with_its_error(tmp_path: Path) -> None:
    run(tmp_path, SETTINGS, size=0)
    (tracked,) = runs(tmp_path)
    assert tracked.info.status == "FAILED"
    assert tracked.data.tags["error"] == "ValueError: size is 0"


def test_tracking_off_trains_without_a_store(tmp_path: Path) -> None:
    run(tmp_path, SETTINGS | {"enabled": False})
    assert (tmp_path / "metrics.json").is_file()
    assert not (tmp_path / "mlflow.db").exists()


def test_an_unreachable_server_costs_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    run(tmp_path, SETTINGS)
    assert (tmp_path / "metrics.json").is_file()
    assert caplog.text.count("MLflow tracking is off") == 1


def test_a_run_that_cannot_be_logged_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no room for artifacts")

    monkeypatch.setattr(MlflowRun, "log_artifact", refuse)
    hooks = run(tmp_path, SETTINGS)
    assert "OSError: no room for artifacts" in caplog.text
    assert hooks.where is None
    (tracked,) = runs(tmp_path)
    assert tracked.info.status == "FAILED"
    assert tracked.data.tags["error"].endswith("OSError: no room for artifacts")


def test_a_run_whose_process_was_killed_is_closed_by_the_next(tmp_path: Path) -> None:
    hooks = run(tmp_path, SETTINGS | {"enabled": True})
    assert hooks.where is not None
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (finished,) = runs(tmp_path)
    tag = finished.data.tags["trisampler.process"]
    host, pid, started, namespace = tag.split()
    owners = {
        "killed": f"{host} {pid} {int(started) - 1} {namespace}",
        "killed, told without a namespace": f"{host} {pid} {int(started) - 1}",
        "at work": tag,
        "at work, told without a namespace": f"{host} {pid} {started}",
        "in another namespace": f"{host} {pid} {int(started) - 1} pid:[1]",
        "elsewhere": f"moon 1 1 {namespace}",
    }
    ids = {
        client.create_run(
            finished.info.experiment_id, tags={"trisampler.process": owner}
        ).info.run_id: name
        for name, owner in owners.items()
    }
    (tmp_path / "corpus.parquet").unlink()
    run(tmp_path, SETTINGS)
    states = {
        ids[each.info.run_id]: each.info.status
        for each in runs(tmp_path)
        if each.info.run_id in ids
    }
    assert states == {name: "KILLED" if name.startswith("killed") else "RUNNING" for name in owners}


def test_a_failed_run_holds_the_traceback(tmp_path: Path) -> None:
    run(tmp_path, SETTINGS, size=0)
    (tracked,) = runs(tmp_path)
    kept = tmp_path / "mlartifacts" / tracked.info.run_id / "artifacts" / "traceback.txt"
    assert "in make_corpus" in kept.read_text()


def test_secrets_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:pa55word@127.0.0.1:9")
    run(tmp_path, SETTINGS)
    assert "MLflow tracking is off" in caplog.text
    assert "pa55word" not in caplog.text
    assert without_secrets("https://u:p@host/x, hf_abcdefgh") == "https://***@host/x, ***"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (tmp_path / "corpus.parquet").unlink()
    tracked = MlflowRun.start(f"sqlite:///{tmp_path / 'mlflow.db'}", "trial", tmp_path, "run", {})
    tracked.log_parameters({"path": "s3://key:pa55word@bucket", "name": "hf_abcdefgh"})
    tracked.set_tag("error", "401 for hf_abcdefgh")
    (kept,) = runs(tmp_path)
    assert kept.data.params == {"path": "s3://***@bucket", "name": "***"}
    assert kept.data.tags["error"] == "401 for ***"


def test_a_version_is_told_how_the_gate_is_asked_again_about_this_run() -> None:
    hooks = TrackingHooks()
    hooks.before_pipeline_run({"env": "r3", "runtime_params": {"workspace": "f3"}})
    assert hooks.source_run() is None
    hooks._run = SimpleNamespace(experiment_id="1", run_id="2")  # type: ignore[assignment]
    made_by = hooks.source_run()
    assert made_by is not None
    assert made_by.decide_again == (
        "kedro run --env r3 --pipelines promotion --force --params workspace=f3"
    )
