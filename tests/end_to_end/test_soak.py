"""A few retrainings in one process: what `benchmarks/soak.py` measures over many."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from end_to_end.project import ROOT


@pytest.mark.slow
def test_handles_threads_and_disk_do_not_grow_with_retrainings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--cycles", "4", "--keep", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("cycle ")]
    cycles = [json.loads(line.partition(": ")[2]) for line in lines]
    assert len(cycles) == 4
    for what in ("handles", "threads"):
        # A pool may start its last thread late; one left behind by each retraining would make two.
        assert cycles[3][what] - cycles[1][what] < 2, what
    # At most three versions stay of four, where two were there after two.
    disks = [cycle["disk_mib"] for cycle in cycles]
    assert max(disks) < 1.5 * disks[1]
