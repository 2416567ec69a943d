"""Lines of a file without a header, cut into columns: as many in each as in the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.lines import read_lines


def read_columns(
    path: Path, repairs: Counter[str], separator: str | None, known: Collection[int], form: str
) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, text and columns of each line that is not blank.

    Args:
        path: the file.
        repairs: counts what was mended.
        separator: between columns; None: any white space.
        known: the numbers of columns that there may be.
        form: what the columns are to be, for the error.

    Raises:
        SourceError: another number of columns than any of these, or than on the first line.
    """
    expected = 0
    for number, line in read_lines(path, repairs):
        columns = line.split(separator)
        expected = expected or len(columns)
        if len(columns) != expected or expected not in known:
            found = columns_in(columns, line)
            if expected in known:
                found += f", and {expected} on the first line"
            raise SourceError.at(path, number, found, form)
        yield number, line, columns


def columns_in(columns: Sequence[str], line: str) -> str:
    """How many columns a line has, for the error that they are not as they should be."""
    return f"{len(columns)} column{'s' * (len(columns) > 1)} in {shown(line)}"
