"""Vectors that were computed once: a folder of stores, one for each encoder and number format.

Rows are only ever appended, in chunks that count once they are wholly on the disk; a process killed
at any point loses at most the chunk it was at. One process at a time writes to a store, while
others wait.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from trisampler.atomic import replaced_folder
from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_check import mark_checked, state_to_check
from trisampler.encoders.store_format import (
    COMMITS,
    DIGEST_BYTES,
    DIGESTS,
    HEADER,
    VECTORS,
    Commit,
    Header,
    chunk_is_whole,
    make_commit,
    pack_commit,
    read_commits,
    read_rows,
    sync_folder,
)
from trisampler.encoders.vector_store import VectorStore

_LOGGER = logging.getLogger(__name__)


class VectorCache:
    """A folder of vector stores.

    Args:
        folder: made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def store_folder(self, header: Header) -> Path:
        """Where the store of `header` lies."""
        return self.folder / header.folder_name

    def open(self, header: Header) -> VectorStore:
        """The rows of `header` as they stand; see `VectorStore.open` for what it raises."""
        return VectorStore.open(self.store_folder(header), header)

    @contextmanager
    def writing(self, header: Header) -> Iterator[StoreWriter]:
        """Hold the store of `header` alone, mended and ready for new rows.

        Waits while another process writes to it. A damaged or foreign store is replaced by one with
        the chunks of it that are whole; a warning says so.
        """
        folder = self.store_folder(header)
        self.folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(f".{folder.name}.lock")):
            _mend(folder, header)
            writer = StoreWriter(folder, header)
            try:
                yield writer
            finally:
                writer.close()


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


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the file lock `lock`; the system lets go of it when a process dies."""
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _LOGGER.warning("Another process is writing to the vector cache %s: waiting.", lock)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened_at(path: Path, size: int) -> BinaryIO:
    file = path.open("r+b")
    file.truncate(size)
    file.seek(size)
    return file


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _mend(folder: Path, header: Header) -> None:
    """Leave a whole store of `header` at `folder`, with all the good rows there were."""
    if not folder.exists():
        _create(folder, header, damaged=None)
        return
    try:
        VectorStore.open(folder, header)
    except VectorCacheError as error:
        kept = _create(folder, header, damaged=folder)
        _LOGGER.warning(
            "%s Rebuilt with the %d rows that are whole; the rest is encoded again.", error, kept
        )


def _create(folder: Path, header: Header, damaged: Path | None) -> int:
    """A new store in place of whatever was at `folder`; returns the rows taken over."""
    with replaced_folder(folder) as temporary:
        (temporary / HEADER).write_text(header.to_json(), encoding="utf-8")
        for name in (VECTORS, DIGESTS, COMMITS):
            (temporary / name).touch()
        kept = _copy_whole_chunks(damaged, temporary, header) if damaged else 0
        sync_folder(temporary)
    sync_folder(folder.parent)
    return kept


def _copy_whole_chunks(damaged: Path, fresh: Path, header: Header) -> int:
    """Append to `fresh` every chunk of `damaged` that `header` and its checksums vouch for."""
    commits, _ = read_commits(damaged, header)
    writer = StoreWriter(fresh, header)
    for commit in commits:
        if chunk_is_whole(damaged, header, commit):
            writer.append_bytes(
                digests=read_rows(damaged / DIGESTS, DIGEST_BYTES, commit),
                vectors=read_rows(damaged / VECTORS, header.row_bytes, commit),
            )
    writer.close()
    return len(writer)
