"""Queries from a file.

| name | a line is |
|---|---|
| `*.jsonl`, `*.ndjson` | an object with `_id` and `text`, as in BEIR |
| `*.tsv` | an id, a tab and a text |
| anything else | a text; its id is the number of its line |

Capital letters are as small ones, and each may be packed: .gz, .bz2, .zst.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.jsonl import read_records
from trisampler.corpora.lines import read_lines
from trisampler.corpora.opening import unpacked_ending

_OBJECTS = (".jsonl", ".ndjson")
_SCHEMA = {"query_id": pl.String, "text": pl.String}


def read_queries(path: Path) -> pl.DataFrame:
    """query_id, text, in the order of the file; blank lines are passed over.

    Raises:
        SourceError: naming file and line: what is no query, or an id that stands twice.
    """
    lines: dict[str, int] = {}
    rows = []
    for line, query_id, text in _parse(path):
        if query_id in lines:
            found = f"query {shown(query_id)} stood on line {lines[query_id]} already"
            raise SourceError.at(path, line, found, "Give each query its own id")
        lines[query_id] = line
        rows.append((query_id, text))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _parse(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, id and text of each query."""
    repairs: Counter[str] = Counter()
    ending = unpacked_ending(path.name)
    if ending in _OBJECTS:
        for record in read_records(path, repairs):
            yield record.line or 0, record.id("_id"), record.query_text("text")
        return
    tabbed = ending == ".tsv"
    for place, (number, line) in enumerate(read_lines(path, repairs)):
        if place == 0 and not tabbed and _is_object(line):
            remedy = "Give a file with such lines the ending .jsonl"
            raise SourceError.at(path, number, f"an object, no query: {shown(line)}", remedy)
        yield (number, *(_tabbed(path, number, line) if tabbed else (str(number), line.strip())))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _tabbed(path: Path, number: int, line: str) -> tuple[str, str]:
    """Id and text."""
    query_id, tab, text = line.partition("\t")
    if not tab or not query_id.strip() or not text.strip():
        remedy = "Each line of a .tsv file is an id, a tab and the query"
        raise SourceError.at(path, number, f"no query: {shown(line)}", remedy)
    return query_id.strip(), text.strip()
