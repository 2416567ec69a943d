"""The lines of a text file, streamed, with what can be mended mended and counted."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.blocks import Block, read_blocks
from trisampler.corpora.errors import SourceError, shown

_PACKED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
_CONTEXT = 20  # bytes shown before bytes that are not UTF-8


def read_lines(path: Path, repairs: Counter[str]) -> Iterator[tuple[int, str]]:
    """Yield number (from 1) and text of every line that is not blank, without its line end.

    A byte-order mark, Windows line ends and blank lines are dropped and counted in `repairs`.

    Raises:
        SourceError: bytes that are not UTF-8, with their line and offset in the file.
    """
    for block in read_blocks(path):
        yield from lines_of(block, path, repairs)


def lines_of(block: Block, path: Path, repairs: Counter[str]) -> Iterator[tuple[int, str]]:
    """The same for a part of the file."""
    for number, line in whole_lines_of(block, path, repairs):
        if line.endswith("\r\n"):
            repairs["windows_line_ends"] += 1
        if line.strip():
            yield number, line.rstrip("\r\n")
        else:
            repairs["blank_lines"] += 1


def whole_lines_of(block: Block, path: Path, repairs: Counter[str]) -> Iterator[tuple[int, str]]:
    """Number and text of every line of a part of the file, blank or not, with its line end."""
    offset = block.offset
    for number, raw in enumerate(io.BytesIO(block.lines), start=block.number):
        mark = len(BOM_UTF8) if offset == 0 and raw.startswith(BOM_UTF8) else 0
        try:
            line = raw[mark:].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _not_utf8(path, number, offset + mark, error) from error
        offset += len(raw)
        if mark:
            repairs["byte_order_mark"] += 1
        yield number, line


def _not_utf8(path: Path, number: int, start: int, error: UnicodeDecodeError) -> SourceError:
    before = error.object[max(0, error.start - _CONTEXT) : error.start]
    wrong = error.object[error.start : error.start + 1]
    begins = error.object[:4] if start == 0 else b""
    encoding = "UTF-16" if begins[:2] in (b"\xff\xfe", b"\xfe\xff") else "ENCODING"
    packed = next((kind for kind, mark in _PACKED.items() if begins.startswith(mark)), None)
    remedy = f"Convert the file: iconv -f {encoding} -t UTF-8"
    if packed:
        remedy = f"It begins as a packed file does: give its name the ending {packed}, or unpack it"
    return SourceError.at(
        path,
        number,
        f"byte {shown(wrong)[1:]} at byte offset {start + error.start} of the file is not UTF-8 "
        f"(after {shown(before)[1:]})",
        remedy,
    )
