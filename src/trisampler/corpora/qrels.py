"""Judgements in BEIR's form: three columns with a header, separated by tabs."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.lines import read_lines
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.source import JUDGEMENT_ROWS, LocatedRows

_HEADER = ["query-id", "corpus-id", "score"]
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**31 - 1
_COLUMNS = "The columns are query-id, corpus-id and score, separated by tabs"


def read_qrels(name: str, path: Path, repairs: Counter[str]) -> LocatedRows:
    """Read one split's judgements.

    A negative relevance (TREC's mark for junk) is taken as 0 and counted: every measure treats
    both alike. Columns after the third are counted and not read.

    Raises:
        SourceError: wrong header, too few columns, an empty id, or a relevance that is no
            integer of 32 bits.
    """
    lines = read_lines(path, repairs)
    number, header = next(lines, (1, ""))
    if [column.strip() for column in header.split("\t")[: len(_HEADER)]] != _HEADER:
        found = f"the header is {shown(header)}" if header else "the file is empty, without header"
        expected = shown("\t".join(_HEADER))
        raise SourceError.at(path, number, found, f"The first line must be {expected}")
    buffer = RowBuffer(JUDGEMENT_ROWS)
    for number, line in lines:
        buffer.append(_judgement(path, number, line, repairs))
    return LocatedRows(name, path, buffer.table())


def _judgement(
    path: Path, number: int, line: str, repairs: Counter[str]
) -> tuple[str, str, int, int]:
    columns = line.split("\t")
    if len(columns) < len(_HEADER):
        found = f"{len(columns)} column{'s' * (len(columns) > 1)} in {shown(line)}"
        raise SourceError.at(path, number, found, _COLUMNS)
    if len(columns) > len(_HEADER):
        repairs["extra_columns"] += 1
    query_id, doc_id, score = columns[: len(_HEADER)]
    if not query_id or not doc_id:
        raise SourceError.at(path, number, f"an empty id in {shown(line)}", _COLUMNS)
    if not _INTEGER.fullmatch(score.strip()):
        raise SourceError.at(
            path,
            number,
            f"the relevance is {shown(score)}, not an integer",
            "Write 1 for relevant, 0 for judged not relevant, higher grades for more relevant",
        )
    relevance = int(score)
    if abs(relevance) > _LARGEST:
        raise SourceError.at(
            path, number, f"the relevance {shown(score)} is too large", "Use small grades"
        )
    if relevance < 0:
        repairs["negative_relevance_as_0"] += 1
    return query_id, doc_id, max(relevance, 0), number
