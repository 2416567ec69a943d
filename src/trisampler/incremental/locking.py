"""Two runs in one project: one node is run by one of them at a time."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_logger = logging.getLogger(__name__)


@contextmanager
def locked(artifact: Path, node: str) -> Iterator[None]:
    """Inside, no other process has the lock of `artifact`; it is waited for.

    The lock is a file beside the artifact that goes with it. A process that ends in any way has no
    lock any more. Where the file system knows no locks, there is none.
    """
    path = artifact.with_name(f".{artifact.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquire(path, node)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path, node: str) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(handle, node)
        except BaseException:
            os.close(handle)
            raise
        if _is_still_at(path, handle):
            return handle
        os.close(handle)  # whoever had it took the file away


def _lock(handle: int, node: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _logger.info("Waiting for another run, which is at work on %s.", node)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return


def _is_still_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
