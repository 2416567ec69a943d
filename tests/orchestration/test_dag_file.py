"""The DAG file as text; Airflow itself reads and runs one in end_to_end."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from trisampler.orchestration.airflow_settings import AirflowError, check_airflow
from trisampler.orchestration.dag_file import dag_name, write_dag_file
from trisampler.orchestration.tasks import PipelineTask

BASE = yaml.safe_load((Path(__file__).parents[2] / "conf" / "base" / "airflow.yml").read_text())
TASKS = [
    PipelineTask("one", None, ("--namespaces", "one"), ("one.a",), ()),
    PipelineTask("two.b", "two", ("--nodes", "two.b"), ("two.b",), ("one",)),
]
# What a shell, Jinja's HTML escaping and Python's quotes would each break.
AWKWARD = 'encoder.query_prompt="it\'s: ",source.path=/a b/$HOME,sampling.pools=[x,y]'


def constants(folder: Path, **settings: Any) -> dict[str, Any]:
    path = write_dag_file(
        folder,
        TASKS,
        check_airflow(BASE | settings),
        env="smoke",
        pipeline="refresh",
        project=Path("/some where/project"),
    )
    found = {}
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                found[statement.targets[0].id] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return found


def test_tasks_and_commands(tmp_path: Path) -> None:
    found = constants(tmp_path, python="/opt/my env/bin/python")
    assert found["TASKS"] == {
        "one": (None, "--namespaces one", []),
        "two.b": ("two", "--nodes two.b", ["one"]),
    }
    assert shlex.split(found["KEDRO"]) == ["exec", "/opt/my env/bin/python", "-m", "kedro"]
    assert shlex.split(found["PIPELINE"]) == ["--pipelines", "refresh"]
    assert [path.name for path in tmp_path.iterdir()] == ["trisampler_smoke_refresh.py"]


def test_parameters_arrive_as_they_were_written(tmp_path: Path) -> None:
    found = constants(tmp_path, params=AWKWARD)
    assert shlex.split(found["OF_EVERY_RUN"]) == ["--env", "smoke", "--params", AWKWARD]


def test_schedule_and_retries_come_from_the_settings(tmp_path: Path) -> None:
    constants(
        tmp_path, dag_id="weekly", schedule="0 3 * * 1", retries=5, timezone="Europe/Amsterdam"
    )
    text = (tmp_path / "weekly.py").read_text()
    assert "schedule='0 3 * * 1'" in text
    assert '"retries": 5' in text
    assert "tz='Europe/Amsterdam'" in text


def test_names() -> None:
    assert dag_name("local", "__default__") == "trisampler"
    assert dag_name("smoke", "refresh") == "trisampler_smoke_refresh"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"retry": 3}, "retry: Extra inputs"),
        ({"retries": -1}, "retries"),
        ({"timezone": "Amsterdam"}, "timezone: .*IANA"),
        ({"dag_id": "a b"}, "dag_id"),
        ({"max_active_tasks": 0}, "max_active_tasks"),
    ],
)
def test_settings_that_do_not_fit_are_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(AirflowError, match=told):
        check_airflow(BASE | change)
