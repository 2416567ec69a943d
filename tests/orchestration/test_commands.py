"""What the commands for orchestrators say of what cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from trisampler.cli import cli

PROJECT = Path(__file__).parents[2]


def invoke(*command: str) -> Result:
    return CliRunner().invoke(cli, command, obj=bootstrap_project(PROJECT))


@pytest.mark.parametrize(
    "command",
    [
        ("tracking", "open", "--name", "one", "--env", "nosuch"),
        ("tracking", "close", "--env", "nosuch"),
        ("airflow", "create", "--env", "nosuch"),
    ],
)
def test_an_unknown_environment_is_one_message(command: Sequence[str]) -> None:
    done = invoke(*command)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "Error: " in done.output
    assert "nosuch" in done.output
    assert "Traceback" not in done.output


def test_the_traceback_is_there_for_who_asks() -> None:
    done = invoke("tracking", "open", "--name", "one", "--env", "nosuch", "--verbose")
    assert done.exception is not None
    assert not isinstance(done.exception, SystemExit)
