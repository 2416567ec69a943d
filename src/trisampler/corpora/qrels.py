"""Judgements in the forms in use: BEIR's, TREC's four columns, MS MARCO's, and tables.

| columns | form |
|---|---|
| query-id, corpus-id, score, named by a header, between tabs | BEIR |
| query, iteration, document, relevance, between white space | TREC, MS MARCO |
| query, document, relevance, between tabs | |
| query, document, between tabs: relevance 1 | |
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.columns import columns_in, read_columns
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.jsonl import Record
from trisampler.corpora.lines import read_lines
from trisampler.corpora.records import read_table
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.source import JUDGEMENT_ROWS, LocatedRows

_HEADER = ["query-id", "corpus-id", "score"]
_QUERY_NAMES = ("query-id", "query_id", "qid")
_DOCUMENT_NAMES = ("corpus-id", "doc_id", "docid", "pid")
_RELEVANCE_NAMES = ("score", "relevance", "label")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**31 - 1
_MOST_DIGITS = 1000
_COLUMNS = "The columns are query-id, corpus-id and score, separated by tabs"
_BARE_COLUMNS = (
    "Write query, iteration, document and relevance on each line (TREC), or query, document and "
    "relevance separated by tabs"
)
_Judgement = tuple[str, str, int, int]


def read_qrels(name: str, path: Path, repairs: Counter[str]) -> LocatedRows:
    """Read one split's judgements in BEIR's form.

    A negative relevance (TREC's mark for junk) is taken as 0 and counted: every measure treats
    both alike. Columns after the third are counted and not read.

    Raises:
        SourceError: wrong header, too few columns, an empty id, or a relevance that is no
            integer of 32 bits.
    """
    return _located(name, path, _with_header(path, repairs))


def read_bare_qrels(name: str, path: Path, repairs: Counter[str]) -> LocatedRows:
    """Read one split's judgements from lines without a header, or with BEIR's.

    The first line decides how many columns there are.

    Raises:
        SourceError: as many columns as no form has, a line with another number of them, an id that
            is none, or a relevance that is no integer of 32 bits.
    """
    _, first = next(read_lines(path, Counter()), (1, ""))
    if [column.strip() for column in first.split("\t")[: len(_HEADER)]] == _HEADER:
        return read_qrels(name, path, repairs)
    return _located(name, path, _without_header(path, repairs))


def read_qrels_table(name: str, path: Path, repairs: Counter[str]) -> LocatedRows:
    """Read one split's judgements from a table with named columns; without score, they are 1.

    Raises:
        SourceError: a column is missing, an id is none, or a relevance is no integer of 32 bits.
    """
    return _located(name, path, (_of_record(record) for record in read_table(path, repairs)))


def checked_relevance(path: Path, number: int | None, score: str, repairs: Counter[str]) -> int:
    """The relevance that `score` writes, at least 0; a negative one is taken as 0 and counted.

    Raises:
        SourceError: it is no integer of 32 bits.
    """
    if not _INTEGER.fullmatch(score.strip()):
        raise SourceError.at(
            path,
            number,
            f"the relevance is {shown(score)}, not an integer",
            "Write 1 for relevant, 0 for judged not relevant, higher grades for more relevant",
        )
    # Python itself refuses to read thousands of digits.
    relevance = int(score) if len(score) < _MOST_DIGITS else _LARGEST + 1
    if abs(relevance) > _LARGEST:
        raise SourceError.at(
            path, number, f"the relevance {shown(score)} is too large", "Use small grades"
        )
    if relevance < 0:
        repairs["negative_relevance_as_0"] += 1
    return max(relevance, 0)


def relevance_in(record: Record, value: object) -> int:
    """The same of a value in a record; tables have whole numbers as floats too."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return checked_relevance(record.path, record.line, str(value), record.repairs)


def _located(name: str, path: Path, judgements: Iterator[_Judgement]) -> LocatedRows:
    buffer = RowBuffer(JUDGEMENT_ROWS)
    for judgement in judgements:
        buffer.append(judgement)
    return LocatedRows(name, path, buffer.table())


def _with_header(path: Path, repairs: Counter[str]) -> Iterator[_Judgement]:
    lines = read_lines(path, repairs)
    number, header = next(lines, (1, ""))
    if [column.strip() for column in header.split("\t")[: len(_HEADER)]] != _HEADER:
        found = f"the header is {shown(header)}" if header else "the file is empty, without header"
        expected = shown("\t".join(_HEADER))
        raise SourceError.at(path, number, found, f"The first line must be {expected}")
    for number, line in lines:
        columns = line.split("\t")
        if len(columns) < len(_HEADER):
            raise SourceError.at(path, number, columns_in(columns, line), _COLUMNS)
        if len(columns) > len(_HEADER):
            repairs["extra_columns"] += 1
        query_id, doc_id, score = columns[: len(_HEADER)]
        if not query_id or not doc_id:
            raise SourceError.at(path, number, f"an empty id in {shown(line)}", _COLUMNS)
        yield query_id, doc_id, checked_relevance(path, number, score, repairs), number


def _without_header(path: Path, repairs: Counter[str]) -> Iterator[_Judgement]:
    for number, _, columns in read_columns(path, repairs, None, (2, 3, 4), _BARE_COLUMNS):
        query_id, doc_id = columns[0], columns[2 if len(columns) == 4 else 1]
        score = "1" if len(columns) == 2 else columns[-1]
        yield query_id, doc_id, checked_relevance(path, number, score, repairs), number


def _of_record(record: Record) -> _Judgement:
    query_id = record.id(record.first_of(_QUERY_NAMES))
    doc_id = record.id(record.first_of(_DOCUMENT_NAMES))
    named = [name for name in _RELEVANCE_NAMES if record.fields.get(name) is not None]
    relevance = relevance_in(record, record.fields[named[0]] if named else 1)
    return query_id, doc_id, relevance, record.line or 0
