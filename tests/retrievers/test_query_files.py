"""Files of queries by their endings."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from trisampler.corpora.errors import SourceError
from trisampler.retrievers.query_files import read_queries

OBJECTS = '{"_id": "a", "text": "close the loop"}\n{"_id": "b", "text": "open"}\n'
TABBED = "a\tclose the loop\nb\topen\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.jsonl", OBJECTS),
        ("q.JSONL", OBJECTS),
        ("q.ndjson", OBJECTS),
        ("q.tsv", TABBED),
        ("q.TSV", TABBED),
        ("my.q.jsonl.gz", OBJECTS),
        ("q.tsv.gz", TABBED),
    ],
)
def test_an_ending_says_what_a_line_is(tmp_path: Path, name: str, text: str) -> None:
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert read_queries(tmp_path / name).rows() == [("a", "close the loop"), ("b", "open")]


def test_objects_under_another_ending_are_no_queries(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("\n" + OBJECTS)
    with pytest.raises(SourceError, match=r"queries\.txt:2: an object.*ending \.jsonl"):
        read_queries(file)


def test_other_text_is_a_query_a_line(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text('{x} of "y"\n[1]\n\n')
    assert read_queries(file).rows() == [("1", '{x} of "y"'), ("2", "[1]")]
