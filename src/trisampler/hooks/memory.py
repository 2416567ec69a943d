"""Memory that a run has freed goes back to the system, for a process that makes many runs.

glibc keeps freed memory that lies below anything still in use. Texts and batches come in all sizes,
so each run left the heap a little more scattered: a process that retrained again and again was
measured 130 MiB larger than what it used, and growing.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from collections.abc import Callable


class MemoryHooks:
    """Hands freed memory back when a run has ended, however it ended."""

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Hand it back."""
        release_freed_memory()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Hand it back: whoever runs many pipelines goes on with the next."""
        release_freed_memory()


def release_freed_memory() -> None:
    """Hand freed memory back to the system, where the C library can (glibc); else do nothing."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # not glibc; Windows has no name for itself
        return None
