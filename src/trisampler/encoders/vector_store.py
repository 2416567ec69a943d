"""The rows of one vector store as they stood when it was opened. Reading only.

Shapes: N rows, Q digests asked for, D dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_check import mark_checked, state_to_check, unchanged_since_check
from trisampler.encoders.store_format import (
    COMMITS,
    DIGEST_BYTES,
    DIGESTS,
    VECTORS,
    Commit,
    Header,
    chunk_is_whole,
    read_commits,
    read_header,
    torn,
)

_LOOKED_UP_AT_ONCE = 65_536
_HOW_TO_MEND = "It is only a cache: delete the folder, or embed again and it is rebuilt."


@dataclass(frozen=True)
class VectorStore:
    """A view of the committed rows; later commits by other processes do not show.

    `digests_N` is of dtype S16, `vectors_ND` a memory map in the dtype of storage.
    """

    folder: Path
    header: Header
    commits: list[Commit]
    digests_N: np.ndarray
    vectors_ND: np.ndarray

    @classmethod
    def open(cls, folder: Path, header: Header | None = None) -> VectorStore:
        """Open the store in `folder`.

        Args:
            folder: the store's own folder.
            header: what the store must have been made with; None for whatever it says itself.

        Raises:
            VectorCacheError: no store, a foreign one, or one whose bytes are not those that were
                committed. Rows that a crash cut off are no damage: they were never committed.
        """
        found = read_header(folder)
        if header is not None and found != header:
            raise VectorCacheError(
                f"{folder} is a foreign store: it holds {found}, expected {header}. {_HOW_TO_MEND}"
            )
        missing = [name for name in (VECTORS, DIGESTS, COMMITS) if not (folder / name).is_file()]
        if missing:
            raise VectorCacheError(
                f"{folder} is damaged: {', '.join(missing)} is missing. {_HOW_TO_MEND}"
            )
        commits, left_over = read_commits(folder, found)
        if not torn(left_over):
            raise VectorCacheError(
                f"{folder} is damaged: its list of commits is broken after "
                f"{len(commits)} records. {_HOW_TO_MEND}"
            )
        _check_bytes(folder, found, commits)
        rows = commits[-1].stop if commits else 0
        digests_N = np.fromfile(folder / DIGESTS, dtype=f"S{DIGEST_BYTES}", count=rows)
        shape = (rows, found.dimension)
        if rows == 0:
            return cls(folder, found, commits, digests_N, np.empty(shape, found.dtype))
        vectors_ND = np.memmap(folder / VECTORS, dtype=found.dtype, mode="r", shape=shape)
        return cls(folder, found, commits, digests_N, vectors_ND)

    def __len__(self) -> int:
        return len(self.digests_N)

    def lookup(self, digests_Q: np.ndarray) -> np.ndarray:
        """The row (Q,) int64 of each digest (S16); -1 where the store has none."""
        rows_Q = np.full(len(digests_Q), -1, dtype=np.int64)
        if len(self) == 0:
            return rows_Q
        order_N = np.argsort(self.digests_N, kind="stable")
        sorted_N = self.digests_N[order_N]
        for first in range(0, len(digests_Q), _LOOKED_UP_AT_ONCE):
            part = slice(first, first + _LOOKED_UP_AT_ONCE)
            places_Q = np.searchsorted(sorted_N, digests_Q[part]).clip(max=len(sorted_N) - 1)
            found_Q = sorted_N[places_Q] == digests_Q[part]
            rows_Q[part] = np.where(found_Q, order_N[places_Q], -1)
        return rows_Q


def _check_bytes(folder: Path, header: Header, commits: list[Commit]) -> None:
    """Raise VectorCacheError unless every committed byte is as it was written."""
    if unchanged_since_check(folder):
        return
    state = state_to_check(folder)
    for commit in commits:
        if not chunk_is_whole(folder, header, commit):
            raise VectorCacheError(
                f"{folder} is damaged: rows {commit.start} to {commit.stop - 1} are cut off or "
                f"altered (their checksum is wrong). {_HOW_TO_MEND}"
            )
    mark_checked(folder, state)
