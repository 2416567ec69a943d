"""Help, version, errors and exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands.conftest import in_a_process
from trisampler import __version__
from trisampler.commands.group import _COMMANDS

HEAVY = ("torch", "polars", "numpy", "pydantic", "kedro", "mlflow", "transformers", "starlette")


def test_help_names_every_command_and_what_it_is_for(run):
    result = run("--help")
    assert result.exit_code == 0
    for name in _COMMANDS:
        (line,) = (line for line in result.output.splitlines() if line.startswith(f"  {name} "))
        assert len(line.split()) > 3


@pytest.mark.parametrize("name", _COMMANDS)
def test_each_command_has_help(run, name):
    result = run(name, "--help") if name in ("search", "doctor") else run(name, "-h")
    assert result.exit_code == 0
    assert f"Usage: trisampler {name}" in result.output


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys\n"
        "from trisampler.commands.group import trisampler\n"
        "trisampler(['--help'], standalone_mode=False)\n"
        f"print(sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_is_the_command(tmp_path):
    done = in_a_process("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.strip() == f"trisampler, version {__version__}"


def test_the_script_that_is_installed_is_this_one():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"trisampler": "trisampler.commands.group:main"}


def test_an_unknown_command_is_a_usage_error(run):
    result = run("serach")
    assert result.exit_code == 2
    assert "serach" in result.output


def test_what_a_user_can_mend_comes_without_a_traceback(tmp_path):
    done = in_a_process("search", "something", cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: There is no bundle of the workspace 'default'")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (PermissionError(13, "Permission denied", "a/file"), "a/file: Permission denied"),
        (MemoryError(), "memory ran out"),
    ],
)
def test_a_machine_that_gives_out_is_one_message(run, monkeypatch, error, said):
    from trisampler.installation import checks

    def broken(*_):
        raise error

    monkeypatch.setattr(checks, "check_installation", broken)
    result = run("doctor")
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m trisampler --help | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Usage:")
    assert done.stderr == ""
