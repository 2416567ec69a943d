"""Retraining over and over in one process: memory, threads, file handles and disk stay flat.

30 cycles of the whole DAG in the smoke environment, each with another seed, so that every node runs
and two encoders are trained, embedded, gated and registered; with `retention.keep=2`, and with
MLflow in a database of its own. What is claimed is how much each measure grows from cycle to cycle
over the last 20, by the median of all slopes between two cycles (Theil and Sen). The disk goes up
and down with the number of champions that there are to roll back to: its peak over the last 10
cycles is set against that over the 10 before.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path
from statistics import median

from benchmarks.claim import Claim, hardware, print_claims
from benchmarks.process_status import process_status
from benchmarks.project import copy_project

_CYCLES, _LAST, _KEEP = 30, 20, 2
_MIB = 2**20
# What may still be noise: fragments of the heap, and tables that compress differently.
_MOST_MEMORY_MIB, _MOST_DISK = 1.0, 1.05


@dataclass(frozen=True)
class Cycle:
    """What the process and the project hold after a retraining.

    Attributes:
        memory_mib: Resident.
        handles: Open files.
        threads: Of the process.
        disk_mib: All of `data` and of MLflow's artifacts, but for the reports.
        reports_mib: What each run tells of itself, which stays for good.
        database_mib: MLflow's, with a row for each metric of each run, which stay for good.
    """

    memory_mib: float
    handles: int
    threads: int
    disk_mib: float
    reports_mib: float
    database_mib: float


def retrain(project: Path, cycles: int, keep: int) -> Iterator[Cycle]:
    """Run the whole DAG of the smoke environment so many times in this process, with other seeds.

    Args:
        project: Made by `make_project`.
        cycles: How many.
        keep: As `retention.keep`.
    """
    from kedro.framework.startup import bootstrap_project

    from trisampler.incremental import IncrementalSession

    bootstrap_project(project)
    logging.disable(logging.INFO)
    for seed in range(cycles):
        parameters = {"seed": seed, "retention": {"keep": keep}}
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            IncrementalSession.create(project, env="smoke", runtime_params=parameters) as session,
        ):
            session.run()
        yield _now(project)


def make_project(folder: Path) -> Path:
    """A project with tracking on."""
    copy_project(folder)
    (folder / "conf/local/tracking.yml").unlink()
    return folder


def growth(values: Sequence[float]) -> float:
    """By how much a value grows from one to the next: the median of all slopes."""
    return median(
        (values[later] - values[earlier]) / (later - earlier)
        for earlier, later in combinations(range(len(values)), 2)
    )


def _now(project: Path) -> Cycle:
    gc.collect()
    memory, threads = process_status("VmRSS", "Threads")
    kept, told = 0, 0
    for folder in ("data", "mlartifacts"):
        for file in (project / folder).rglob("*"):
            if file.is_file() and "reporting" in file.parts:
                told += file.stat().st_size
            elif file.is_file():
                kept += file.stat().st_size
    return Cycle(
        memory_mib=memory / 1024,
        handles=len(list(Path("/proc/self/fd").iterdir())),
        threads=threads,
        disk_mib=kept / _MIB,
        reports_mib=told / _MIB,
        database_mib=(project / "mlflow.db").stat().st_size / _MIB,
    )


def _print_curve(cycles: Sequence[Cycle]) -> None:
    names = [field.name for field in fields(Cycle)]
    print("| cycle | " + " | ".join(names) + " |")
    print("|" + "---|" * (len(names) + 1))
    for number, cycle in enumerate(cycles, start=1):
        print(
            f"| {number} | " + " | ".join(f"{value:.4g}" for value in asdict(cycle).values()) + " |"
        )


def _claims(cycles: Sequence[Cycle]) -> list[Claim]:
    last = cycles[-_LAST:]
    slopes = {
        field.name: growth([getattr(cycle, field.name) for cycle in last])
        for field in fields(Cycle)
    }
    for name in ("reports_mib", "database_mib"):
        print(f"{name} grows by {slopes[name]:.3g} a cycle")
    work = f"a cycle, over the last {_LAST} of {len(cycles)} retrainings in one process"
    values = {
        "MiB of memory": (slopes["memory_mib"], _MOST_MEMORY_MIB),
        "open files": (slopes["handles"], 0.0),
        "threads": (slopes["threads"], 0.0),
    }
    half = len(last) // 2
    peaks = [max(cycle.disk_mib for cycle in part) for part in (last[:-half], last[-half:])]
    disk = peaks[1] / peaks[0]
    return [
        *(
            Claim(f"{name} more {work}", value, bar, value <= bar, hardware())
            for name, (value, bar) in values.items()
        ),
        Claim(
            f"most disk in the last {half} of {len(cycles)} retrainings, over {half} before",
            disk,
            _MOST_DISK,
            disk <= _MOST_DISK,
            hardware(),
        ),
    ]


def main() -> None:
    """Retrain and measure."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--cycles", type=int, default=_CYCLES, metavar="N")
    arguments.add_argument("--keep", type=int, default=_KEEP, metavar="N")
    given = arguments.parse_args()
    os.environ |= {"KEDRO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
    for name in [name for name in os.environ if name.startswith("MLFLOW")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        cycles = []
        for cycle in retrain(make_project(Path(folder)), given.cycles, given.keep):
            cycles.append(cycle)
            print(f"cycle {len(cycles)}: {json.dumps(asdict(cycle))}", flush=True)
    _print_curve(cycles)
    print_claims(_claims(cycles), as_json=given.json)


if __name__ == "__main__":
    main()
