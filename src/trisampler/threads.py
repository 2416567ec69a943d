"""Work on several processors at once, one task a thread.

A task is a thread's own from beginning to end: within it FAISS and PyTorch compute on that thread
alone. So no processor idles between two operations, and none waits for another that is busy with
somebody else's work, as it does where every single operation is shared out.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def in_threads(work: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> list[_Result]:
    """The results of `work` on each task, in order, on `thread_count` threads at most."""
    return list(each_in_threads(work, tasks))


def each_in_threads(work: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
    """The same results one by one; the work goes on while the caller looks at them.

    No task is under way any more when this ends, however it ends.
    """
    tasks = list(tasks)
    threads = thread_count()
    if min(threads, len(tasks)) <= 1:
        yield from map(work, tasks)
        return

    def alone(task: _Task) -> _Result:
        _compute_alone()
        return work(task)

    torch = sys.modules.get("torch")
    torch_threads = torch.get_num_threads() if torch else 0
    workers = _workers(threads, os.getpid())
    futures = [workers.submit(alone, task) for task in tasks]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()
        wait(futures)
        if torch:
            # What a thread sets for itself is also what threads started later begin with.
            torch.set_num_threads(torch_threads)


def even_parts(count: int, most: int, least: int = 1) -> list[slice]:
    """Slices of `count` things, `most` of them at most, that keep all threads equally busy.

    None but the last has fewer than `least`.
    """
    threads = thread_count()
    parts = threads * math.ceil(count / (most * threads))
    size = max(least, math.ceil(count / max(parts, 1)))
    return [slice(first, first + size) for first in range(0, count, size)]


def thread_count() -> int:
    """How many threads FAISS may use here."""
    import faiss

    return int(faiss.omp_get_max_threads())


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it FAISS computes on the calling thread alone."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


@lru_cache(maxsize=1)
def _workers(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001
    """The threads of this process, kept: each new one would keep memory to itself for good."""
    return ThreadPoolExecutor(threads, thread_name_prefix="trisampler")


def _compute_alone() -> None:
    import faiss

    faiss.omp_set_num_threads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
