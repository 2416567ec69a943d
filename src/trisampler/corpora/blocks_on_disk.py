"""Tables that may be larger than memory: held in blocks, from some size on in a file of its own."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

import polars as pl

from trisampler.corpora.errors import SourceError

_HELD = 256 << 20  # bytes of blocks held in memory; beyond, all of them are on disk


class _Place(NamedTuple):
    offset: int
    length: int


class Blocks:
    """Blocks of a table in the order in which they were added.

    The file that large ones are in has no name: it is gone with this object or with the process,
    however that ends. It is in the folder for temporary files (`TMPDIR`).

    Args:
        held: how many bytes of blocks are held in memory.
    """

    def __init__(self, held: int | None = None) -> None:
        self._most_held = _HELD if held is None else held
        self._held: list[pl.DataFrame] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._places: list[_Place] = []

    def append(self, block: pl.DataFrame) -> None:
        """Add a block.

        Raises:
            SourceError: there is no room for it on disk.
        """
        self._bytes += int(block.estimated_size())
        self._held.append(block)
        if self._file is not None or self._bytes > self._most_held:
            self._write_held()

    def __len__(self) -> int:
        return len(self._places) + len(self._held)

    def __getitem__(self, number: int) -> pl.DataFrame:
        if self._file is None:
            return self._held[number]
        place = self._places[number]
        self._file.seek(place.offset)
        return pl.read_ipc_stream(io.BytesIO(self._file.read(place.length)))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return (self[number] for number in range(len(self)))

    @property
    def bytes(self) -> int:
        """The size of all blocks, were they in memory."""
        return self._bytes

    @property
    def on_disk(self) -> bool:
        """Whether they are too large to be held together."""
        return self._file is not None

    def _write_held(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed with this object
            for block in self._held:
                packed = io.BytesIO()
                block.write_ipc_stream(packed, compression="lz4")
                offset = self._file.seek(0, io.SEEK_END)
                self._file.write(packed.getbuffer())
                self._places.append(_Place(offset, len(packed.getbuffer())))
            self._file.flush()
        except OSError as error:
            msg = (
                f"{tempfile.gettempdir()}: the documents cannot be put down there while they are "
                f"sorted ({error.strerror}). Make room for all of them, or set TMPDIR to a folder "
                "that has it"
            )
            raise SourceError(msg) from error
        self._held.clear()
