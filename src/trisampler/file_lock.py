"""Locks between processes: a file beside what it guards, which goes with the lock.

A process that ends in any way has no lock any more. Where the file system knows no locks, there are
none: everybody gets them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def lock_beside(path: Path) -> Path:
    """The file whose lock guards `path`."""
    return path.with_name(f".{path.name}.lock")


@contextmanager
def locked(lock: Path, on_wait: Callable[[], object]) -> Iterator[None]:
    """Inside, no other process has `lock`; it is waited for, once `on_wait` was called."""
    handle = None
    while handle is None:
        handle = _try(lock, on_wait)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def locked_if_free(lock: Path) -> Iterator[bool]:
    """Whether `lock` was free; inside, no other process has it then."""
    try:
        handle = _try(lock, on_wait=None)
    except BlockingIOError:
        handle = None
    try:
        yield handle is not None
    finally:
        if handle is not None:
            lock.unlink(missing_ok=True)
            os.close(handle)


def is_held(lock: Path) -> bool:
    """Whether a process, this one included, has `lock` now."""
    try:
        handle = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _try(lock: Path, on_wait: Callable[[], object] | None) -> int | None:
    """The handle that has the lock; None where whoever had it took the file away."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(handle, on_wait)
        if _is_still_at(lock, handle):
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _lock(handle: int, on_wait: Callable[[], object] | None) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if on_wait is None:
            raise
        on_wait()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return


def _is_still_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
