"""That a run is carried out by the project's runner: no other keeps records of what it made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trisampler.errors import TrisamplerError

RUNNER = "trisampler.incremental.IncrementalRunner"
"""What the project's runner, and any derived from it, says it is."""


class RunnerError(TrisamplerError):
    """A run is to be carried out by another runner, or as the project's own cannot."""


def check_runner(run_params: Mapping[str, Any]) -> None:
    """Check how Kedro is to carry out a run.

    Args:
        run_params: As Kedro tells its hooks, the runner as text.

    Raises:
        RunnerError: By another runner, or with an option that contradicts the project's own.
    """
    runner = run_params["runner"]
    if runner == "None":
        raise RunnerError(
            "This session's runner keeps no records, so that all would run again next time: open "
            "it as trisampler.incremental.IncrementalSession in place of KedroSession, or give "
            f"its run a runner, {RUNNER}()."
        )
    if runner != RUNNER:
        raise RunnerError(
            f"The runner {_named(runner)} keeps no records of what it made, and nodes are not made "
            f"to run at the same time in one process: run without --runner, which is {RUNNER}."
        )
    if run_params["only_missing_outputs"]:
        raise RunnerError(
            "`kedro run` does by itself what --only-missing-outputs says, and makes anew what is "
            "out of date too: run without it. (--dry-run says what would run.)"
        )


def _named(runner: str) -> str:
    """Without its place in memory, which is what most runners say of themselves besides."""
    return runner.partition(" object at ")[0].removeprefix("<")
