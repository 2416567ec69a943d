"""`kedro` commands in processes that have imported everything before: cheap, with real signals.

The processes fork from a server that has computed nothing, so that no thread is left in disorder.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from end_to_end.project import Project

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        *("torch", "transformers", "polars", "faiss", "mlflow", "sqlalchemy"),
        *("kedro.framework.cli.cli", "kedro.framework.session", "kedro.framework.project"),
        *("kedro_datasets.polars", "kedro_datasets.json", "kedro_datasets.text"),
        *("trisampler.cli", "trisampler.settings", "trisampler.pipeline_registry"),
        *("trisampler.training.step", "trisampler.training.trainer"),
    ]
)


@dataclass(frozen=True)
class Command:
    """A command at work, or done."""

    process: BaseProcess
    log: Path

    def output(self) -> str:
        """Standard output and error so far."""
        return self.log.read_text() if self.log.exists() else ""

    def exit_code(self, seconds: float = 300) -> int:
        """Wait for the end."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            raise AssertionError(f"Still at work after {seconds} s:\n{self.output()}")
        return self.process.exitcode


def start(project: Project, *arguments: str, before: Callable[[], None] | None = None) -> Command:
    """Start `kedro ARGUMENTS` in the project.

    Args:
        project: where.
        arguments: of the command line.
        before: called in the new process, before the command.
    """
    number = len(list(project.folder.glob("*.log")))
    log = project.folder / f"{number}.log"
    process = PROCESSES.Process(target=_kedro, args=(project.folder, arguments, log, before))
    process.start()
    return Command(process, log)


def _kedro(
    folder: Path, arguments: tuple[str, ...], log: Path, before: Callable[[], None] | None
) -> None:
    os.chdir(folder)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.environ |= {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
    for name in [name for name in os.environ if name.startswith("MLFLOW")]:
        del os.environ[name]
    sys.argv = ["kedro", *arguments]
    from kedro.framework.cli.cli import main
    from kedro.framework.project import LOGGING
    from yaml import safe_load

    LOGGING.configure(safe_load((folder / "conf/logging.yml").read_text()))
    if before is not None:
        before()
    main()
