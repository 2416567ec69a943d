"""`kedro registry list`, and `kedro run` with nothing to do: how long a user waits for nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.claim import Claim, hardware, report
from benchmarks.project import copy_project

_BAR = 2.5
_REPEATS = 5


def _seconds(folder: Path, *arguments: str) -> float:
    environment = os.environ | {"KEDRO_DISABLE_TELEMETRY": "1"}
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    """Time both in a copy of the project with tracking off."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        node = ("run", "--nodes", "baseline.encoder_0.load_pretrained", "--dry-run")
        cases = {
            "kedro registry list, seconds": ("registry", "list"),
            "kedro run of one node with tracking off (planned, not run), seconds": node,
        }
        report(
            [
                Claim(claim, value := _seconds(folder, *arguments), _BAR, value <= _BAR, hardware())
                for claim, arguments in cases.items()
            ]
        )


if __name__ == "__main__":
    main()
