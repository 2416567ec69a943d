"""Memory of files that are read through a memory map."""

from __future__ import annotations

import mmap

import numpy as np

LARGE_READ = 1 << 20
"""Bytes; smaller reads leave few pages behind, and are not worth letting go of."""


def let_go(part: np.ndarray) -> None:
    """Take the pages under a part of a read-only memory map out of this process's memory.

    A page that was read stays there until memory runs short, so that a process seems, to whatever
    counts its resident memory, to hold all of a file that it reads once. The system's own cache of
    the file is left as it is: what is read again comes from there.

    Anything else than a part of a read-only `np.memmap` is left alone.
    """
    read_only = isinstance(part, np.memmap) and part.mode == "r"
    if not read_only or not hasattr(mmap, "MADV_DONTNEED"):
        return
    whole: object = part
    while isinstance(whole, np.ndarray):
        whole = whole.base
    if isinstance(whole, mmap.mmap):
        before = part.ctypes.data - np.frombuffer(whole, np.uint8).ctypes.data
        first = before - before % mmap.PAGESIZE
        whole.madvise(mmap.MADV_DONTNEED, first, before + part.nbytes - first)
