"""A text file in blocks of whole lines, unpacked where its name ends in .gz."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from trisampler.corpora.errors import SourceError
from trisampler.progress import progress_bar

if TYPE_CHECKING:
    from tqdm import tqdm

_BLOCK = 8 << 20  # bytes
_WORTH_A_BAR = 64 << 20  # bytes; a smaller file is read before a bar could be looked at


class Block(NamedTuple):
    """Whole lines of a file; the last one of the file may be without its end.

    Attributes:
        lines: their bytes.
        number: of the first line, from 1.
        offset: of the first byte, from 0; in the unpacked file.
    """

    lines: bytes
    number: int
    offset: int


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the file in blocks of some MiB, or of one line where that is longer.

    Raises:
        SourceError: a .gz file that is no gzip, is damaged or was cut off.
    """
    number, offset = 1, 0
    with path.open("rb") as raw, byte_progress(path) as bar, unpacked(path, raw) as file:
        while lines := _whole_lines(path, file):
            yield Block(lines, number, offset)
            number += lines.count(b"\n")
            offset += len(lines)
            if bar is not None:
                bar.update(raw.tell() - bar.n)


def unpacked(path: Path, raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """The file itself, or what a .gz file unpacks to."""
    return gzip.open(raw) if path.suffix == ".gz" else raw


def byte_progress(path: Path) -> AbstractContextManager[tqdm[None] | None]:
    """A bar over the bytes of a file on disk, where it is large."""
    size = path.stat().st_size
    if size < _WORTH_A_BAR:
        return nullcontext()
    return progress_bar(size, f"Reading {path.name}", "B")


def _whole_lines(path: Path, file: IO[bytes] | gzip.GzipFile) -> bytes:
    try:
        return file.read(_BLOCK) + file.readline()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError.at(
            path, None, f"cannot be unpacked ({error})", "Fetch the file again, or unpack it"
        ) from error
