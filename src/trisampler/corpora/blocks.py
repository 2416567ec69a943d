"""A text file in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trisampler.corpora.opening import opened

_BLOCK = 8 << 20  # bytes


class Block(NamedTuple):
    """Whole lines of a file; the last one of the file may be without its end.

    Attributes:
        lines: their bytes.
        number: of the first line, from 1.
        offset: of the first byte, from 0.
    """

    lines: bytes
    number: int
    offset: int


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the file in blocks of some MiB, or of one line where that is longer.

    Raises:
        SourceError: a packed file that is damaged, cut off or not what its name says.
    """
    number, offset = 1, 0
    with opened(path) as (file, show_progress):
        while lines := file.read(_BLOCK) + file.readline():
            yield Block(lines, number, offset)
            number += lines.count(b"\n")
            offset += len(lines)
            show_progress()
