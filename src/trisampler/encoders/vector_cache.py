"""Vectors that were computed once: a folder of stores, one for each encoder and number format.

Rows are only ever appended, in chunks that count once they are wholly on the disk; a process killed
at any point loses at most the chunk it was at. One process at a time writes to a store, while
others wait.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trisampler.atomic import flush, remove_whole, replaced_folder
from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_format import (
    COMMITS,
    DIGEST_BYTES,
    DIGESTS,
    HEADER,
    VECTORS,
    Header,
    chunk_is_whole,
    read_commits,
    read_rows,
)
from trisampler.encoders.store_writer import StoreWriter
from trisampler.encoders.vector_store import VectorStore
from trisampler.file_lock import lock_beside, locked, locked_if_free

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
        lock = lock_beside(folder)

        def say() -> None:
            _LOGGER.warning("Another process is writing to the vector cache %s: waiting.", lock)

        with locked(lock, say):
            _mend(folder, header)
            writer = StoreWriter(folder, header)
            try:
                yield writer
            finally:
                writer.close()

    def stores(self) -> list[Path]:
        """The folders of all stores, by name."""
        return sorted(file.parent for file in self.folder.glob(f"[!.]*/{HEADER}"))

    def remove(self, store: Path) -> bool:
        """Remove one of `stores`, unless a process is writing to it; whether it was removed.

        Who has it open keeps its rows.
        """
        with locked_if_free(lock_beside(store)) as free:
            if free:
                remove_whole(store)
        return free


def _mend(folder: Path, header: Header) -> None:
    """Leave a whole store of `header` at `folder`, with all the good rows there were."""
    for abandoned in folder.parent.glob(f".{folder.name}.*.tmp"):  # by a process that was killed
        shutil.rmtree(abandoned)
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
        flush(temporary)
    flush(folder.parent)
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
