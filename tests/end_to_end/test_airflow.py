"""DAG files run by Airflow itself: every task a process, one MLflow run, kills and failures."""

from __future__ import annotations

import json
import re
import signal
from typing import Any

import pytest
from mlflow import MlflowClient

from end_to_end.airflow import COMMAND, Airflow
from end_to_end.conftest import FinishedRun
from end_to_end.project import Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(not COMMAND.exists(), reason="no .venv-airflow: `make install-airflow`"),
]
QUICK: dict[str, Any] = {"retry_delay": 1, "retries": 2}
CHECKPOINT = "*/[!.]*"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow.with_database(tmp_path_factory.mktemp("airflow") / "home")


@pytest.fixture(scope="module")
def orchestrated(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The whole smoke DAG, a process for each node, two of which are killed in their midst."""
    project = Project.copy_to(tmp_path_factory.mktemp("orchestrated"))
    airflow.create(project, "--group-by", "node", **QUICK)
    dag = airflow.start("trisampler_smoke")
    for number, kill in ((1, signal.SIGKILL), (2, signal.SIGTERM)):
        checkpoints = project.path(f"06_models/checkpoints/round_{number}")
        dag.kill_task(f"round_{number}.training.train_encoder", kill, checkpoints, CHECKPOINT)
    assert dag.wait() == 0, dag.log()[-10000:]
    assert "state=success" in dag.log()
    assert dag.log().count("new_state=up_for_retry") == 2
    return project


def runs(project: Project) -> list[Any]:
    client = MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("trisampler")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def measured(run: Any) -> dict[str, float]:
    """What does not depend on how fast the machine was."""
    return {name: value for name, value in run.data.metrics.items() if "second" not in name}


def test_it_ends_as_a_single_run_does_though_tasks_were_killed(
    orchestrated: Project, finished: FinishedRun
) -> None:
    assert orchestrated.metrics() == finished.project.metrics()
    for number in (1, 2):
        name = f"05_model_input/round_{number}/negatives.parquet"
        assert orchestrated.path(name).read_bytes() == finished.project.path(name).read_bytes()


def test_there_is_one_mlflow_run_and_it_has_what_a_single_one_has(
    orchestrated: Project, finished: FinishedRun
) -> None:
    (run,), (single,) = runs(orchestrated), runs(finished.project)
    assert run.info.status == "FINISHED"
    assert run.info.run_name.startswith("trisampler_smoke/")
    assert "error" not in run.data.tags
    assert run.data.params == single.data.params
    assert run.data.metrics.keys() == single.data.metrics.keys()
    assert measured(run) == measured(single)
    client = MlflowClient(f"sqlite:///{orchestrated.folder / 'mlflow.db'}")
    for folder in ("models", "reporting", "runs"):
        logged = {item.path for item in client.list_artifacts(run.info.run_id, folder)}
        other = MlflowClient(f"sqlite:///{finished.project.folder / 'mlflow.db'}")
        assert logged == {item.path for item in other.list_artifacts(single.info.run_id, folder)}
    tables = [given.dataset.name for given in run.inputs.dataset_inputs]
    assert sorted(tables) == sorted(given.dataset.name for given in single.inputs.dataset_inputs)


def test_a_refresh_by_namespaces_follows_with_a_run_of_its_own(
    orchestrated: Project, airflow: Airflow
) -> None:
    params = "source.minimum_body_lines=4"
    airflow.create(orchestrated, "--pipelines", "refresh", **QUICK, params=params)
    before = len(runs(orchestrated))
    dag = airflow.start("trisampler_smoke_refresh")
    assert dag.wait() == 0, dag.log()[-10000:]
    commands = re.findall(r'-m kedro (.*?)(?: --env| --name ")', dag.log())
    of = "run --pipelines refresh --namespaces"
    assert commands == [
        "tracking open",
        *(f"{of} {name}" for name in ("ingestion", "round_2", "release", "promotion")),
        "tracking close --pipelines refresh",
    ]
    assert len(runs(orchestrated)) == before + 1
    newest = max(runs(orchestrated), key=lambda run: run.info.start_time)
    assert newest.info.status == "FINISHED"
    report = json.loads(orchestrated.path("08_reporting/release_report.json").read_text())
    assert report["last_change"]["removed"] > 0
    assert newest.data.metrics["release/removed"] == report["last_change"]["removed"]
    assert not [name for name in newest.data.metrics if "train_encoder" in name]


def test_a_task_that_fails_fails_the_dag_and_the_run_is_closed_with_the_reason(
    airflow: Airflow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project.copy_to(tmp_path_factory.mktemp("failing"))
    source = project.folder / "source"
    (source / "qrels").mkdir(parents=True)
    (source / "corpus.jsonl").write_text('{"_id": "d1", "title": "", "text": "one"}\n')
    (source / "queries.jsonl").write_text('{"_id": "q1", "text": "which"}\n')
    (source / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\tmany\n")
    params = f"source.path={source},source.package=null"
    airflow.create(project, retries=0, dag_id="failing", params=params)
    dag = airflow.start("failing")
    assert dag.wait() != 0
    assert "state=failed" in dag.log()
    assert "train.tsv:2" in dag.log()
    assert "--namespaces baseline" not in dag.log()
    (run,) = runs(project)
    assert run.info.status == "FAILED"
    assert "ingestion.read_source" in run.data.tags["error"]


def test_what_cannot_be_run_in_processes_is_refused_before_anything_is_written(
    airflow: Airflow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project.copy_to(tmp_path_factory.mktemp("refused"))
    catalog = project.folder / "conf" / "smoke" / "catalog.yml"
    catalog.write_text("dev_pool:\n  type: MemoryDataset\n")
    create = ("airflow", "create", "--env", "smoke", "--target-dir", "refused")
    output = project.kedro(*create, succeeds=False)
    assert "dev_pool (from development to round_1, round_2)" in output
    assert "Traceback" not in output
    catalog.unlink()
    (project.folder / "conf" / "smoke" / "airflow.yml").write_text("params: sampling.sampel=tri\n")
    output = project.kedro(*create, succeeds=False)
    assert "did you mean 'sampler'" in output
    assert not (project.folder / "refused").exists()
