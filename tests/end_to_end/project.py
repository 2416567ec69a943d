"""A copy of the project in an empty folder, run by its commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from project_conf import copy_conf

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """Configuration and empty data folders; the code is the installed one.

    Attributes:
        folder: Of the project.
        mlflow: Variables for MLflow; its commands see no others.
    """

    folder: Path
    mlflow: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copy_to(cls, folder: Path) -> Project:
        copy_conf(folder)
        (folder / "src").mkdir()
        shutil.copy(ROOT / "pyproject.toml", folder)
        return cls(folder)

    def kedro(self, *arguments: str, succeeds: bool = True) -> str:
        """Run a kedro command; standard output and error, for the test to look at."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")
        }
        done = subprocess.run(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=self.folder,
            env=environment
            | {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
            | dict(self.mlflow),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == succeeds, done.stdout
        return done.stdout

    def run(self, *arguments: str, succeeds: bool = True) -> str:
        return self.kedro("run", "--env", "smoke", *arguments, succeeds=succeeds)

    def path(self, name: str, workspace: str = "smoke") -> Path:
        layer, _, rest = name.partition("/")
        return self.folder / "data" / layer / workspace / rest

    def table(self, name: str, workspace: str = "smoke") -> pl.DataFrame:
        return pl.read_parquet(self.path(name, workspace))

    def metrics(self, workspace: str = "smoke") -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            self.path("08_reporting/metrics.json", workspace).read_text()
        )
        return content


def nodes_that_would_run(output: str) -> set[str]:
    """The nodes that a dry run names."""
    return {line.split()[2] for line in output.splitlines() if " would run: " in line}
