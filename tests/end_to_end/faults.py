"""Faults that a `kedro run` is made to meet, called in its process before it begins.

All can be pickled: they are sent to another process.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Fault = Callable[[], None]


def at_rename(name: str, number: signal.Signals) -> Fault:
    """The signal comes when the artifact or record `name` is written, before it has its name."""
    return partial(_at_rename, name, number)


def at_node(output: str, number: signal.Signals) -> Fault:
    """The signal comes when the node begins that makes the artifact at a path with that end."""
    return partial(_at_node, output, partial(_send, number))


def in_step(round_number: int, step: int, number: signal.Signals) -> Fault:
    """The signal comes in that step of a training."""
    return partial(_in_step, round_number, step, partial(_send, number))


def _send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def _at_rename(name: str, number: signal.Signals) -> None:
    replace = Path.replace

    def disturbed(self: Path, target: Path) -> Path:
        if Path(target).name == name:
            _send(number)
        return replace(self, target)

    Path.replace = disturbed  # type: ignore[method-assign]


def _at_node(output: str, meet: Fault) -> None:
    from trisampler.incremental import runner

    remove_record = runner.remove_record

    def disturbed(artifact: Path) -> None:
        remove_record(artifact)
        if artifact.as_posix().endswith(output):
            meet()

    runner.remove_record = disturbed


def _in_step(round_number: int, step: int, meet: Fault) -> None:
    from trisampler.training.loop import TrainingLoop

    run_step = TrainingLoop._step

    def disturbed(self: Any, at: int) -> Any:
        if (self._round, at) == (round_number, step):
            meet()
        return run_step(self, at)

    TrainingLoop._step = disturbed  # type: ignore[method-assign]


def no_memory_at_node(output: str) -> Fault:
    """The process gets no more memory from when the node begins that makes that artifact."""
    return partial(_at_node, output, _no_more_memory)


def _no_more_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    used = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used, used))


def no_memory_in_round_2() -> None:
    """From step 5 of round 2 on the process gets no more memory."""
    _in_step(2, 5, _ask_for_more_than_there_is)


def _ask_for_more_than_there_is() -> None:
    import numpy as np

    _no_more_memory()
    np.ones(1 << 32)


def no_large_files() -> None:
    """No file may grow beyond 200 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def clock_put_back() -> None:
    """It is a year earlier."""
    now = time.time
    time.time = lambda: now() - 365 * 24 * 3600


def no_server() -> None:
    """MLflow is to be found where nobody answers."""
    os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
