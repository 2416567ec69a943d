"""Work in threads: results in order, errors raised, PyTorch's own threads left as they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import faiss
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.threads import each_in_threads, even_parts, in_threads


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    yield
    faiss.omp_set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 3])
def test_results_are_in_order_whoever_is_first(threads: int) -> None:
    faiss.omp_set_num_threads(threads)
    last_done = threading.Event()

    def work(task: int) -> int:
        if threads > 1 and task == 0:
            assert last_done.wait(30)  # the first is the last to finish
        if task == 9:
            last_done.set()
        return task * task

    assert in_threads(work, range(10)) == [task * task for task in range(10)]


def test_each_task_computes_alone_and_nothing_is_left_behind() -> None:
    faiss.omp_set_num_threads(2)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    # Where both share one OpenMP, which depends on the other libraries loaded, both are at 3 now.
    settings_before = faiss.omp_get_max_threads(), torch.get_num_threads()
    both = threading.Barrier(2, timeout=30)

    def alone(_: int) -> tuple[int, int]:
        both.wait()
        return faiss.omp_get_max_threads(), torch.get_num_threads()

    try:
        assert in_threads(alone, range(2)) == [(1, 1), (1, 1)]
        assert (faiss.omp_get_max_threads(), torch.get_num_threads()) == settings_before
        later: list[int] = []
        thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert later == [3]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_is_raised_and_what_waits_is_not_begun(threads: int) -> None:
    faiss.omp_set_num_threads(threads)
    begun: list[int] = []

    def work(task: int) -> int:
        begun.append(task)
        if task == 1:
            raise ValueError("task 1")
        time.sleep(0.005)
        return task

    with pytest.raises(ValueError, match="task 1"):
        list(each_in_threads(work, range(1000)))
    when_raised = len(begun)
    assert when_raised < 1000
    time.sleep(0.05)
    assert len(begun) == when_raised


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(1, 300), st.integers(1, 20), st.integers(1, 9))
def test_parts_cover_everything_once(count: int, most: int, threads: int, least: int) -> None:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    parts = even_parts(count, most, min(least, most))
    faiss.omp_set_num_threads(before)
    covered = [thing for part in parts for thing in range(count)[part]]
    assert covered == list(range(count))
    sizes = [len(range(count)[part]) for part in parts]
    assert all(0 < size <= most for size in sizes)
    assert all(size >= min(least, most) for size in sizes[:-1])
