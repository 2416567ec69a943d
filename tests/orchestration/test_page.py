"""What docs/orchestrators.md says to type and to write, as commands and settings have it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from planning import open_project
from project_conf import copy_conf
from trisampler.cli import cli
from trisampler.configuration import read_configuration
from trisampler.hooks.tracking_settings import check_tracking
from trisampler.orchestration.airflow_settings import check_airflow
from trisampler.orchestration.tasks import pipeline_tasks
from trisampler.project_parameters import read_parameters

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "orchestrators.md").read_text()
COMMANDS = re.findall(r"kedro ((?:run|airflow|tracking)\b[^#|>)`\n]*)", PAGE)
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
# By their places in the project, which a comment on top names.
FILES = {found[1]: block for block in YAML if (found := re.match(r"# (conf/[\w/]+\.yml)", block))}
NAMESPACES = re.findall(
    r"^\| (`.*) \| (.*?) ?\|$", PAGE.partition("| waits for |")[2], re.MULTILINE
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    words = shlex.split(command)
    found: click.Command = cli
    while isinstance(found, click.Group) and words:
        found = found.commands[words.pop(0)]
    if "--name" in words or not any(option.required for option in found.params):
        assert found.make_context("kedro", words, resilient_parsing=False)


def test_the_settings_fit() -> None:
    base: dict[str, Any] = yaml.safe_load((ROOT / "conf" / "base" / "airflow.yml").read_text())
    written = yaml.safe_load(FILES["conf/production/airflow.yml"])
    assert check_airflow(base | written).schedule == written["schedule"]


def test_the_environment_is_of_the_shop_s_workspace_and_source(tmp_path: Path) -> None:
    copy_conf(tmp_path)
    (tmp_path / "conf" / "production").mkdir()
    for name in ("globals.yml", "parameters.yml", "tracking.yml"):
        (tmp_path / "conf/production" / name).write_text(FILES[f"conf/production/{name}"])
    loader = read_configuration(tmp_path, "production")
    parameters = read_parameters(loader)
    assert (parameters.workspace, parameters.source.path) == ("shop", "/srv/shop")
    tracking = check_tracking(loader["tracking"])
    assert tracking.registered_model == "trisampler-shop"
    assert tracking.database.startswith("/srv/mlflow/")
    assert loader["catalog"]["promotion"]["filepath"] in PAGE


def test_the_namespaces_and_what_each_waits_for() -> None:
    pipelines, context = open_project(ROOT, "base")
    tasks = pipeline_tasks(pipelines["__default__"], context.catalog, "namespace")
    named = [name for names, _ in NAMESPACES for name in re.findall(r"`(\w+)`", names)]
    assert sorted(named) == sorted(task.name for task in tasks)
    told = {
        name: set(re.findall(r"`(\w+)`", _in_two_rounds(waits)))
        for names, waits in NAMESPACES
        for name in re.findall(r"`(\w+)`", names)
    }
    done: dict[str, set[str]] = {}
    for name in named:  # in the order of the table, each with all that is done before it
        done[name] = told[name].union(*(done[before] for before in told[name]))
    for task in tasks:
        assert set(task.after) <= done[task.name], task.name
        assert told[task.name] <= {*task.after, "round_1"}, task.name
    refresh = pipeline_tasks(pipelines["refresh"], context.catalog, "namespace")
    assert [task.name for task in refresh] == ["ingestion", "round_2", "release", "promotion"]


def _in_two_rounds(waits: str) -> str:
    return waits.replace("the round before", "`round_1`").replace("the last round", "`round_2`")


def test_the_workflow_runs_what_is_there() -> None:
    (workflow,) = (yaml.safe_load(block) for block in YAML if block.startswith("name: "))
    steps = workflow["jobs"]["retrain"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs[0] == "make install"
    assert re.search(r"^install:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert runs[1].startswith(".venv/bin/kedro run ")
    assert len(COMMANDS) >= 9
