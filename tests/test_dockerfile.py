"""The Dockerfile, as far as it can be judged where nothing builds images."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HADOLINT = ROOT / ".venv-airflow" / "bin" / "hadolint"
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.skipif(not HADOLINT.exists(), reason="no .venv-airflow: `make install-airflow`")
def test_the_linter_finds_nothing() -> None:
    done = subprocess.run(
        [str(HADOLINT), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_installs_from_the_lock_and_nothing_else() -> None:
    installs = re.findall(r"pip install(.*?)(?:\n\n|\nCOPY|\nUSER)", DOCKERFILE, re.DOTALL)
    assert len(installs) == 2
    assert "--requirement requirements.lock" in installs[0]
    assert {"--no-deps", "--editable"} <= set(installs[1].split())


def test_what_it_needs_is_let_in_and_what_is_ones_own_is_not() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert {"requirements.lock", "pyproject.toml", "src", "conf", "README.md"} <= let_in
    for name in let_in:
        assert (ROOT / name).exists(), name
    assert "*" in lines
    assert lines.index("conf/local/*") > lines.index("!conf")
