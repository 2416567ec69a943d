"""Airflow in its own environment, with all that it keeps in a scratch folder."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from end_to_end.project import ROOT, Project

COMMAND = ROOT / ".venv-airflow" / "bin" / "airflow"


@dataclass(frozen=True)
class Airflow:
    """Its home and the folder of DAG files; nothing listens on a network."""

    home: Path

    @classmethod
    def with_database(cls, home: Path) -> Airflow:
        airflow = cls(home)
        airflow.dags.mkdir(parents=True)
        airflow._start("db", "migrate", log=home / "migrate.log").wait()
        return airflow

    @property
    def dags(self) -> Path:
        return self.home / "dags"

    def create(self, project: Project, *arguments: str, **settings: object) -> str:
        """Write a DAG file as `kedro airflow create` does, with these settings."""
        (project.folder / "conf" / "smoke" / "airflow.yml").write_text(yaml.safe_dump(settings))
        create = ("airflow", "create", "--env", "smoke", "--target-dir", str(self.dags))
        return project.kedro(*create, *arguments)

    def start(self, dag: str) -> TestedDag:
        """Run a DAG as `airflow dags test` does: every task once, and again where it is retried."""
        log = self.home / f"{dag}.log"
        return TestedDag(self._start("dags", "test", dag, log=log), log)

    def _start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")
        }
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(COMMAND), *arguments],
                env=environment
                | {
                    "AIRFLOW_HOME": str(self.home),
                    "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
                    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
                    "HF_HUB_OFFLINE": "1",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )


@dataclass(frozen=True)
class TestedDag:
    """A DAG that is running."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def kill_task(self, task: str, number: signal.Signals, once: Path, pattern: str) -> None:
        """Send a signal to the task's process as soon as it has written what the pattern finds."""
        while self.process.poll() is None:
            found = self._process_of(task)
            while found is not None and found.is_running():
                if any(once.glob(pattern)):
                    found.send_signal(number)
                    return
                time.sleep(0.005)
            time.sleep(0.2)
        raise AssertionError(f"{task} ended before it could be killed:\n{self.log()[-5000:]}")

    def wait(self) -> int:
        return self.process.wait()

    def log(self) -> str:
        return self.log_file.read_text()

    def _process_of(self, task: str) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if task in child.cmdline():
                    return child
            except psutil.Error:  # it has just ended
                continue
        return None
