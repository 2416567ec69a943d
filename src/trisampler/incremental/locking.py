"""Two runs in one project: one node is run by one of them at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trisampler import file_lock

_logger = logging.getLogger(__name__)


@contextmanager
def locked(artifact: Path, node: str) -> Iterator[None]:
    """Inside, no other process has the lock of `artifact`; it is waited for."""
    lock = file_lock.lock_beside(artifact)
    lock.parent.mkdir(parents=True, exist_ok=True)

    def say() -> None:
        _logger.info("Waiting for another run, which is at work on %s.", node)

    with file_lock.locked(lock, say):
        yield
