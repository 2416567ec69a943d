"""Appending to a vector store, chunk by chunk, so that a crash costs at most the chunk it hit.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np

from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_check import mark_checked, state_to_check
from trisampler.encoders.store_format import (
    COMMITS,
    DIGEST_BYTES,
    DIGESTS,
    VECTORS,
    Commit,
    Header,
    make_commit,
    pack_commit,
    read_commits,
)


class StoreWriter:
    """Appends chunks of rows to a store that is held alone and whole."""

    def __init__(self, folder: Path, header: Header) -> None:
        self._folder = folder
        self._header = header
        commits, _ = read_commits(folder, header)
        self._last: Commit | None = commits[-1] if commits else None
        rows = len(self)
        # Whatever lies beyond the last commit was cut off by a crash.
        self._vectors = _opened_at(folder / VECTORS, rows * header.row_bytes)
        self._digests = _opened_at(folder / DIGESTS, rows * DIGEST_BYTES)
        self._commits = _opened_at(folder / COMMITS, sum(len(pack_commit(c)) for c in commits))

    def __len__(self) -> int:
        return self._last.stop if self._last else 0

    def append(self, digests_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        """Write one chunk of rows and commit it: after this returns it survives a crash.

        Args:
            digests_N: one digest a row, S16; none of them in the store already.
            vectors_ND: any floating dtype; stored in the store's.

        Raises:
            VectorCacheError: the shapes do not fit, or a vector is not finite in the stored dtype.
        """
        if vectors_ND.shape != (len(digests_N), self._header.dimension):
            raise VectorCacheError(
                f"Vectors of shape {vectors_ND.shape} cannot be stored: expected "
                f"({len(digests_N)}, {self._header.dimension})."
            )
        if len(digests_N) == 0:
            return
        with np.errstate(over="ignore"):
            stored_ND = vectors_ND.astype(self._header.dtype)
        if not np.isfinite(stored_ND).all():
            raise VectorCacheError(
                f"The encoder gave a vector that is not finite as {self._header.storage}. Set "
                "precision to float32 (and storage, if vectors are not normalised)."
            )
        self.append_bytes(
            digests=digests_N.astype(f"S{DIGEST_BYTES}").tobytes(), vectors=stored_ND.tobytes()
        )

    def append_bytes(self, *, digests: bytes, vectors: bytes) -> None:
        """Write and commit one chunk that is already in the form of the files."""
        commit = make_commit(self._header, self._last, vectors, digests)
        _write(self._vectors, vectors)
        _write(self._digests, digests)
        _write(self._commits, pack_commit(commit))
        self._last = commit

    def close(self) -> None:
        """Let go of the files, which hold nothing unchecked: their state is noted as right."""
        mark_checked(self._folder, state_to_check(self._folder))
        for file in (self._vectors, self._digests, self._commits):
            file.close()


def _opened_at(path: Path, size: int) -> BinaryIO:
    file = path.open("r+b")
    file.truncate(size)
    file.seek(size)
    return file


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
