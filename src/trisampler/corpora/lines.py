"""The lines of a text file, streamed, with what can be mended mended and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.corpora.errors import SourceError, shown
from trisampler.progress import progress_bar

if TYPE_CHECKING:
    from tqdm import tqdm

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WORTH_A_BAR = 64 << 20  # bytes; a smaller file is read before a bar could be looked at
_CONTEXT = 20  # bytes shown before bytes that are not UTF-8


def read_lines(path: Path, repairs: Counter[str]) -> Iterator[tuple[int, str]]:
    """Yield number (from 1) and text of every line that is not blank, without its line end.

    A byte-order mark, Windows line ends and blank lines are dropped and counted in `repairs`.

    Raises:
        SourceError: bytes that are not UTF-8, with their line and offset in the file.
    """
    offset = 0
    with path.open("rb") as file, _byte_progress(path) as bar:
        for number, raw in enumerate(file, start=1):
            mark = len(_BYTE_ORDER_MARK) if offset == 0 and raw.startswith(_BYTE_ORDER_MARK) else 0
            try:
                line = raw[mark:].decode("utf-8")
            except UnicodeDecodeError as error:
                raise _not_utf8(path, number, offset + mark, error) from error
            offset += len(raw)
            if bar is not None:
                bar.update(len(raw))
            if mark:
                repairs["byte_order_mark"] += 1
            if line.endswith("\r\n"):
                repairs["windows_line_ends"] += 1
            if line.strip():
                yield number, line.rstrip("\r\n")
            else:
                repairs["blank_lines"] += 1


def _byte_progress(path: Path) -> AbstractContextManager[tqdm[None] | None]:
    size = path.stat().st_size
    if size < _WORTH_A_BAR:
        return nullcontext()
    return progress_bar(size, f"Reading {path.name}", "B")


def _not_utf8(path: Path, number: int, start: int, error: UnicodeDecodeError) -> SourceError:
    before = error.object[max(0, error.start - _CONTEXT) : error.start]
    wrong = error.object[error.start : error.start + 1]
    looks_utf16 = start == 0 and error.object[:2] in (b"\xff\xfe", b"\xfe\xff")
    encoding = "UTF-16" if looks_utf16 else "ENCODING"
    return SourceError.at(
        path,
        number,
        f"byte {shown(wrong)[1:]} at byte offset {start + error.start} of the file is not UTF-8 "
        f"(after {shown(before)[1:]})",
        f"Convert the file: iconv -f {encoding} -t UTF-8",
    )
