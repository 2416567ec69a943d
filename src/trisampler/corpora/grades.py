"""Grades of relevance: by which names a table's column of them is known, and what one may be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.jsonl import Record

# A score stands last: beside a grade it is what a retriever gave.
GRADE_NAMES = ("relevance", "rel", "grade", "label", "score")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**31 - 1
_MOST_DIGITS = 1000
_GRADES = "Write 1 for relevant, 0 for judged not relevant, higher grades for more relevant"


def grade_column(columns: Iterable[str]) -> str | None:
    """The column that has a grade's name, whatever its case; None where no column does."""
    named = {column.lower(): column for column in columns}
    return next((named[name] for name in GRADE_NAMES if name in named), None)


def checked_relevance(path: Path, number: int | None, score: str, repairs: Counter[str]) -> int:
    """The relevance that `score` writes, at least 0; a negative one is taken as 0 and counted.

    Raises:
        SourceError: it is no integer of 32 bits.
    """
    if not _INTEGER.fullmatch(score.strip()):
        found = f"the relevance is {shown(score)}, not an integer"
        raise SourceError.at(path, number, found, _GRADES)
    # Python itself refuses to read thousands of digits.
    relevance = int(score) if len(score) < _MOST_DIGITS else _LARGEST + 1
    if abs(relevance) > _LARGEST:
        raise SourceError.at(
            path, number, f"the relevance {shown(score)} is too large", "Use small grades"
        )
    if relevance < 0:
        repairs["negative_relevance_as_0"] += 1
    return max(relevance, 0)


def relevance_in(record: Record, name: str) -> int:
    """The same of a record's field; tables have whole numbers as floats and truth values too.

    Raises:
        SourceError: it is null, or no integer of 32 bits.
    """
    value = record.fields[name]
    if value is None:
        raise record.error(f'the relevance "{name}" is null', _GRADES)
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return checked_relevance(record.path, record.line, str(value), record.repairs)
