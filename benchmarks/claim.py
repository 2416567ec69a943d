"""What a benchmark claims and how it is measured: both sides in one process, medians, memory."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.process_status import process_status

_Argument = TypeVar("_Argument")
_Weight = TypeVar("_Weight")


@dataclass(frozen=True)
class Claim:
    """One number with the bar it has to meet.

    Attributes:
        claim: In words, with the work that was done.
        value: What was measured.
        bar: What it is held against.
        ok: Whether it meets the bar.
        hardware: The machine.
    """

    claim: str
    value: float
    bar: float
    ok: bool
    hardware: str


@dataclass(frozen=True)
class Usage:
    """Seconds of several repeats, and the most memory one of them added.

    Attributes:
        seconds: Of each repeat.
        processor_seconds: Of each repeat, all cores together.
        added_mib: Largest resident size during a repeat less the size before it.
    """

    seconds: list[float]
    processor_seconds: list[float]
    added_mib: float

    @property
    def median(self) -> float:
        """The median of the repeats in seconds."""
        return statistics.median(self.seconds)

    @property
    def processor_median(self) -> float:
        """The median of the repeats in seconds of one core."""
        return statistics.median(self.processor_seconds)


def hardware() -> str:
    """Processor, cores in use, memory and GPU in one line."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{names[0] if names else platform.machine()}, {cores} cores, {memory:.0f} GiB"


def measure(work: Callable[[], object], repeats: int) -> Usage:
    """Run `work` several times and watch the clock and the resident size."""
    return measure_in_turn({"": work}, repeats)[""]


def measure_in_turn(works: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Usage]:
    """Run several works one after another, several times over: what slows one slows all."""
    usage = {name: Usage([], [], 0.0) for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            with _Watch() as watch:
                started, processor = time.perf_counter(), time.process_time()
                work()
                seconds = time.perf_counter() - started
                processor = time.process_time() - processor
            former = usage[name]
            usage[name] = Usage(
                [*former.seconds, seconds],
                [*former.processor_seconds, processor],
                max(former.added_mib, watch.added_mib),
            )
    return usage


def in_fresh_process(weigh: Callable[[_Argument], _Weight], argument: _Argument) -> _Weight:
    """What a function of a module finds in a new process, where no former work left memory."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        return pool.submit(weigh, argument).result()


def peak_mib() -> float:
    """The most memory, in MiB, that this process has held.

    Not ru_maxrss, which a new process has from the one that started it.
    """
    (most,) = process_status("VmHWM")
    return most / 1024


def report(claims: list[Claim]) -> None:
    """Print claims, by a script that has no argument but --json; see `print_claims`."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", action="store_true")
    print_claims(claims, as_json=arguments.parse_args().json)


def print_claims(claims: list[Claim], *, as_json: bool) -> None:
    """Print claims; `as_json` adds a line for each, one JSON object."""
    for claim in claims:
        verdict = "holds" if claim.ok else "DOES NOT HOLD"
        print(f"{claim.claim}: {claim.value:.3g} (bar {claim.bar:g}): {verdict}")
    if as_json:
        for claim in claims:
            print(json.dumps(asdict(claim)))


class _Watch:
    """Samples this process's resident size every few milliseconds."""

    def __enter__(self) -> _Watch:
        self._before = self._most = _resident_mib()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.005):
            self._most = max(self._most, _resident_mib())

    @property
    def added_mib(self) -> float:
        return self._most - self._before


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20
