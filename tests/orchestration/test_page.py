"""What docs/orchestrators.md says to type and to write: understood by the commands as they are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from trisampler.cli import cli
from trisampler.orchestration.airflow_settings import check_airflow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "orchestrators.md").read_text()
COMMANDS = re.findall(r"kedro ((?:run|airflow|tracking)\b[^#|>)`\n]*)", PAGE)
YAML = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


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
    assert check_airflow(base | YAML[0]).schedule == YAML[0]["schedule"]


def test_the_workflow_runs_what_is_there() -> None:
    steps = YAML[1]["jobs"]["retrain"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs[0] == "make install"
    assert re.search(r"^install:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert runs[1].startswith(".venv/bin/kedro run ")
    assert len(COMMANDS) >= 9
