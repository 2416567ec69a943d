"""Files opened as they are, or unpacked where their name ends in .gz, .bz2 or .zst."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from trisampler.corpora.errors import SourceError
from trisampler.progress import progress_bar

if TYPE_CHECKING:
    from typing_extensions import Buffer

_WORTH_A_BAR = 64 << 20  # bytes; a smaller file is read before a bar could be looked at


@contextmanager
def opened(path: Path) -> Iterator[tuple[io.BufferedReader, Callable[[], None]]]:
    """Yield the unpacked file, and what to call now and then while it is read.

    That call moves a bar on, which a large file has; it counts bytes on disk. The file is read from
    its beginning to its end: a packed one need not be able to go back.

    Raises:
        SourceError: a packed file that is not what its name says, is damaged or was cut off.
    """
    size = path.stat().st_size
    bar = progress_bar(size, f"Reading {path.name}", "B") if size >= _WORTH_A_BAR else None
    with path.open("rb") as packed, nullcontext() if bar is None else bar:

        def show_progress() -> None:
            if bar is not None:
                bar.update(packed.tell() - bar.n)

        unpack = _UNPACKERS.get(path.suffix.lower())
        file = packed if unpack is None else unpack(packed)
        try:
            yield file, show_progress
        except (EOFError, OSError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno is not None:  # of the file system
                raise
            raise SourceError.at(
                path, None, f"cannot be unpacked ({error})", "Fetch the file again, or unpack it"
            ) from error


def _gzip(packed: IO[bytes]) -> io.BufferedReader:
    return cast("io.BufferedReader", gzip.GzipFile(fileobj=packed))


class _Bzip2Streams(io.RawIOBase):
    """Streams that stand one after the other, unpacked.

    `bz2.BZ2File` ends in silence at the first that does not begin as one.
    """

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._stream = bz2.BZ2Decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill the buffer's beginning; 0: the end.

        Raises:
            EOFError: the file was cut off.
            OSError: a stream is damaged, or is none.
        """
        space = memoryview(buffer)
        data = b""
        while not data:
            read = b""
            if self._stream.eof:
                read = self._stream.unused_data or self._packed.read(io.DEFAULT_BUFFER_SIZE)
                if not read:
                    return 0
                self._stream = bz2.BZ2Decompressor()
            elif self._stream.needs_input:
                read = self._packed.read(io.DEFAULT_BUFFER_SIZE)
                if not read:
                    raise EOFError("it ends inside of a stream")
            data = self._stream.decompress(read, len(space))
        space[: len(data)] = data
        return len(data)


def _bzip2(packed: IO[bytes]) -> io.BufferedReader:
    return io.BufferedReader(_Bzip2Streams(packed))


def _zstandard(packed: IO[bytes]) -> io.BufferedReader:
    import pyarrow as pa

    return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd"))


_UNPACKERS: dict[str, Callable[[IO[bytes]], io.BufferedReader]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".zst": _zstandard,
}
PACKED = tuple(_UNPACKERS)


def unpacked_name(name: str) -> str:
    """The name that a file has when it is unpacked."""
    return name.removesuffix(Path(name).suffix) if name.lower().endswith(PACKED) else name


def unpacked_ending(name: str) -> str:
    """What a file's name says of its kind, packed or not, in small letters: ".jsonl"."""
    return Path(unpacked_name(name)).suffix.lower()
