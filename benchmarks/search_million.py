"""A million memory-mapped vectors, searched exactly on a budget of 2 GiB, at once and by shards.

1,000 queries x 1,000,000 clustered documents x 384 in float32, a file of 1.5 GB; 200 documents of
each query. In a process of its own whose private memory the kernel limits to 2 GiB (RLIMIT_DATA:
heap, stacks and anonymous maps, touched or not). What is reported is what is resident, sampled
every few milliseconds: private pages (RssAnon) and pages of files, the mapped vectors and the
libraries (RssFile), together. The rest of the file's pages are in the system's cache at most,
clean, and are given up when anyone needs memory.
"""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim, hardware, in_fresh_process, report
from benchmarks.clustered import numbered, write_clustered
from benchmarks.process_status import process_status

_QUERIES, _DOCUMENTS, _DEPTH, _SHARDS = 1_000, 1_000_000, 200, 8
_BUDGET_MIB = 2048


class _Resident(NamedTuple):
    """MiB in memory: private, of files, together."""

    private: float
    files: float
    together: float


class _Outcome(NamedTuple):
    """What two searches took, and whether they came to the same."""

    before: _Resident
    at_once: tuple[float, _Resident]
    by_shards: tuple[float, _Resident]
    same: bool


def _resident() -> _Resident:
    private, files = (size / 1024 for size in process_status("RssAnon", "RssFile"))
    return _Resident(private, files, private + files)


def _watched(work: Callable[[], object]) -> tuple[float, _Resident]:
    """Seconds, and the most of each kind of memory at any time."""
    most = [_resident()]
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.01):
            most[0] = _Resident(*map(max, most[0], _resident()))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    stop.set()
    thread.join()
    return seconds, most[0]


def _search(path: Path) -> _Outcome:
    """Search the file in this process, on the budget."""
    import faiss  # noqa: F401
    import torch  # noqa: F401

    from trisampler.search.flat import search_flat
    from trisampler.search.merging import merge, search_shard, shard_rows

    resource.setrlimit(resource.RLIMIT_DATA, (_BUDGET_MIB << 20, _BUDGET_MIB << 20))
    vectors_ND = np.load(path, mmap_mode="r", allow_pickle=False)
    corpus = numbered(vectors_ND)
    asked_QD = corpus.vectors(np.arange(_QUERIES) * (_DOCUMENTS // _QUERIES))
    queries = numbered(asked_QD)
    before = _resident()
    found = []

    def at_once() -> None:
        found.append(search_flat(queries, corpus, _DEPTH))

    def by_shards() -> None:
        shards = shard_rows(_DOCUMENTS, _SHARDS)
        parts = (search_shard(queries, corpus, rows, _DEPTH) for rows in shards)
        found.append(merge(parts, _DEPTH))

    outcomes = _watched(at_once), _watched(by_shards)
    same = bool(
        np.array_equal(found[0].rows_QK, found[1].rows_QK)
        and np.array_equal(found[0].scores_QK, found[1].scores_QK)
    )
    return _Outcome(before, *outcomes, same)


def main() -> None:
    """Write the file, search it both ways, compare."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npy"
        write_clustered(path, _DOCUMENTS)
        outcome = in_fresh_process(_search, path)
    print("| | seconds | private MiB | of files MiB | together MiB |")
    print("|---|---|---|---|---|")
    print(f"| before, ids and libraries loaded | | {_columns(outcome.before)} |")
    for name, (seconds, most) in (
        ("at once", outcome.at_once),
        (f"{_SHARDS} shards, merged", outcome.by_shards),
    ):
        print(f"| {name} | {seconds:.1f} | {_columns(most)} |")
    most = max(outcome.at_once[1].together, outcome.by_shards[1].together)
    work = "1,000 queries x 1M x 384 memory-mapped float32, K=200"
    report(
        [
            Claim(
                f"most resident memory, private and of files together, MiB, {work}",
                most,
                _BUDGET_MIB,
                most <= _BUDGET_MIB,
                hardware(),
            ),
            Claim(
                f"results by {_SHARDS} shards equal to those at once, bit for bit (1: yes), {work}",
                float(outcome.same),
                1.0,
                outcome.same,
                hardware(),
            ),
        ]
    )


def _columns(resident: _Resident) -> str:
    return " | ".join(f"{mib:.0f}" for mib in resident)


if __name__ == "__main__":
    main()
