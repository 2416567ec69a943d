"""Judgements in the forms in use: BEIR's, TREC's four columns, MS MARCO's, and tables.

| columns | form |
|---|---|
| query-id, corpus-id, score, named by a header, between tabs | BEIR |
| query, iteration, document, relevance, between white space | TREC, MS MARCO |
| query, document, relevance, between tabs | |
| query, document, between tabs: relevance 1 | |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.columns import columns_in, read_columns
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.grades import GRADE_NAMES, checked_relevance, grade_column, relevance_in
from trisampler.corpora.lines import read_lines
from trisampler.corpora.records import read_table
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.source import JUDGEMENT_ROWS, LocatedRows

_HEADER = ["query-id", "corpus-id", "score"]
_QUERY_NAMES = ("query-id", "query_id", "qid")
_DOCUMENT_NAMES = ("corpus-id", "doc_id", "docid", "pid")
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


def begins_like_qrels(path: Path) -> bool:
    """Whether the first line of a text is cut by tabs, a header, or a judgement.

    Raises:
        SourceError: it is not UTF-8, or a packed file is damaged.
    """
    _, first = next(read_lines(path, Counter()), (1, ""))
    columns = first.split()
    if "\t" in first.strip() or columns[:1] == _HEADER[:1]:
        return True
    return len(columns) in (3, 4) and columns[-1].lstrip("+-").isdigit()


def read_qrels_table(name: str, path: Path, repairs: Counter[str]) -> LocatedRows:
    """Read one split's judgements from a table with named columns; of ids alone, they are 1.

    Raises:
        SourceError: a column is missing, an id is none, there are other columns and none is one of
            grades, or a relevance is no integer of 32 bits.
    """
    return _located(name, path, _of_table(path, repairs))


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


def _of_table(path: Path, repairs: Counter[str]) -> Iterator[_Judgement]:
    graded = None
    for record in read_table(path, repairs):
        query_name, doc_name = record.first_of(_QUERY_NAMES), record.first_of(_DOCUMENT_NAMES)
        query_id, doc_id = record.id(query_name), record.id(doc_name)
        grade = grade_column(record.fields)
        if grade is None and record.fields.keys() - {query_name, doc_name}:
            raise record.error(
                f"no column of grades (columns: {shown(', '.join(record.fields))})",
                f"Call it {' or '.join(GRADE_NAMES)}; where all are relevant, leave the two "
                "columns of ids alone",
            )
        if graded not in (None, grade is not None):
            found = "rows with a grade and rows without one"
            raise record.error(found, "Give each row a grade, or none of them")
        graded = grade is not None
        relevance = 1 if grade is None else relevance_in(record, grade)
        yield query_id, doc_id, relevance, record.line or 0
