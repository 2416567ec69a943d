"""The cache under processes that are killed and processes that meet.

Run as a program, this file fills a store with rows that follow from their number:
python test_cache_processes.py FOLDER ROWS CHUNK SECONDS_BETWEEN_CHUNKS
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from trisampler.encoders.store_format import COMMITS, DIGESTS, VECTORS, Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.hashing import digest_text

HEADER = Header("f" * 64, 8, "float32")


def digests(rows: Iterable[int]) -> np.ndarray:
    return np.array([digest_text(str(row)) for row in rows], dtype="S16")


def vectors(rows: Iterable[int]) -> np.ndarray:
    return np.array([np.full(8, row, dtype=np.float32) for row in rows])


def fill(folder: Path, count: int, chunk: int, pause: float) -> None:
    with VectorCache(folder).writing(HEADER) as writer:
        while len(writer) < count:
            rows = range(len(writer), min(len(writer) + chunk, count))
            writer.append(digests(rows), vectors(rows))
            time.sleep(pause)


def complete(folder: Path, count: int) -> None:
    """Append what the store lacks of so many rows, three at a time."""
    cache = VectorCache(folder)
    with cache.writing(HEADER) as writer:
        found = cache.open(HEADER).lookup(digests(range(count)))
        missing = [int(row) for row in np.flatnonzero(found < 0)]
        for start in range(0, len(missing), 3):
            rows = missing[start : start + 3]
            writer.append(digests(rows), vectors(rows))


def killed_completing(folder: Path, count: int, step: int) -> bool:
    """Complete in a process that is killed before one of its flushes and renames; was it?"""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = step

    def dying(function: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            function(*arguments)

        return call

    os.fsync, os.replace = dying(os.fsync), dying(os.replace)  # type: ignore[assignment]
    try:
        complete(folder, count)
        os._exit(0)
    finally:
        os._exit(1)


FILLER = [sys.executable, __file__]


def contents(folder: Path) -> list[bytes]:
    store = VectorCache(folder).store_folder(HEADER)
    return [(store / name).read_bytes() for name in (VECTORS, DIGESTS, COMMITS)]


def test_killed_again_and_again_the_files_end_as_if_undisturbed(tmp_path: Path) -> None:
    fill(tmp_path / "undisturbed", 900, 3, 0)
    command = [*FILLER, str(tmp_path / "killed"), "900", "3", "0.001"]
    store = VectorCache(tmp_path / "killed").store_folder(HEADER)
    chance = random.Random(0)
    killed = 0
    for _ in range(4):
        process = subprocess.Popen(command)
        while process.poll() is None and not (store / COMMITS).exists():
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed > 0
    subprocess.run(command, check=True)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")


def test_killed_before_any_write_counts_the_files_end_as_if_undisturbed(tmp_path: Path) -> None:
    complete(tmp_path / "undisturbed", 8)
    steps = 0
    while killed_completing(tmp_path / f"{steps}", 8, steps):
        complete(tmp_path / f"{steps}", 8)
        assert contents(tmp_path / f"{steps}") == contents(tmp_path / "undisturbed")
        steps += 1
    assert steps > 9  # three files in each of three chunks


def test_killed_while_a_damaged_store_is_rebuilt_every_row_ends_right(tmp_path: Path) -> None:
    steps = 0
    while True:
        folder = tmp_path / f"{steps}"
        complete(folder, 8)
        damaged = VectorCache(folder).store_folder(HEADER) / VECTORS
        damaged.write_bytes(b"?" + damaged.read_bytes()[1:])
        killed = killed_completing(folder, 8, steps)
        complete(folder, 8)
        store = VectorCache(folder).open(HEADER)
        assert len(store) == 8
        rows = store.lookup(digests(range(8)))
        np.testing.assert_array_equal(store.vectors_ND[rows], vectors(range(8)))
        if not killed:
            break
        steps += 1
    assert steps > 9


def test_two_processes_at_once_take_turns(tmp_path: Path) -> None:
    command = [*FILLER, str(tmp_path / "both"), "60", "3", "0.02"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    fill(tmp_path / "alone", 60, 3, 0)
    assert contents(tmp_path / "both") == contents(tmp_path / "alone")
    assert sum("Another process is writing" in text for text in said) <= 1


def test_waiting_for_another_process_is_said(tmp_path: Path) -> None:
    with VectorCache(tmp_path).writing(HEADER):
        command = [*FILLER, str(tmp_path), "3", "3", "0"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert "Another process is writing" in process.stderr.readline()
        assert process.poll() is None
    process.communicate()
    assert process.returncode == 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
