"""Texts between tabs, without a header: `id <tab> text`, as MS MARCO's files have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.columns import columns_in, read_columns
from trisampler.corpora.document_rows import DocumentRow
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.identifiers import is_id
from trisampler.corpora.lines import read_lines
from trisampler.corpora.query_text import normalize_query

# Columns of a documents file by their number: which of them is the title, which the text.
_PLACES = {2: (None, 1), 3: (1, 2), 4: (2, 3)}
_DOCUMENT_COLUMNS = (
    "The columns are id and text; id, title and text; or id, address, title and text, separated "
    "by tabs"
)
_QUERY_COLUMNS = "The columns are id and text, separated by a tab"


def read_tabbed_documents(path: Path, repairs: Counter[str]) -> Iterator[DocumentRow]:
    """Yield id, title, text and line of each document; the first line decides the columns.

    Raises:
        SourceError: as many columns as no form has, a line with another number of them, or an id
            that is none.
    """
    for number, line, columns in read_columns(path, repairs, "\t", _PLACES, _DOCUMENT_COLUMNS):
        title_place, text_place = _PLACES[len(columns)]
        title = "" if title_place is None else columns[title_place]
        text = columns[text_place]
        doc_id = _checked_id(path, number, columns[0], line)
        yield doc_id, title if title.strip() else "", text if text.strip() else "", number


def read_tabbed_queries(path: Path, repairs: Counter[str]) -> Iterator[tuple[str, str, int]]:
    """Yield id, text and line of each query. Columns after the second are counted and not read.

    Raises:
        SourceError: one column only, an id that is none, or a blank text.
    """
    for number, line in read_lines(path, repairs):
        columns = line.split("\t")
        if len(columns) < 2:
            raise SourceError.at(path, number, columns_in(columns, line), _QUERY_COLUMNS)
        if len(columns) > 2:
            repairs["extra_columns"] += 1
        query_id = _checked_id(path, number, columns[0], line)
        if not normalize_query(columns[1]):
            raise SourceError.at(
                path,
                number,
                f"query {shown(query_id)} has no text",
                "Give it its text, or remove the query and its judgements",
            )
        yield query_id, columns[1], number


def _checked_id(path: Path, number: int, text: str, line: str) -> str:
    identifier = text.strip()
    if not is_id(identifier):
        found = f"{shown(identifier)} is no id, in {shown(line)}"
        raise SourceError.at(path, number, found, "An id is one word, without white space")
    return identifier
