"""Some rows of a table, in any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trisampler.hashing import digest_text
from trisampler.release.documents import (
    DocumentTable,
    corpus_digest,
    read_digests,
    text_digests,
    write_documents,
)

CORPUS = pl.DataFrame(
    {
        "doc_id": [f"d{row:04d}" for row in range(1300)],
        "title": ["" if row % 2 else f"t{row} \u00e9" for row in range(1300)],
        "text": [f"text {row}\nof \U0001f600 {row * row}" for row in range(1300)],
    }
)


DIGESTS = text_digests(CORPUS)


@pytest.mark.parametrize(
    "rows", [[], [0], [1299], [511, 512], [7, 1299, 7, 0, 1024], list(range(1299, -1, -1))]
)
def test_rows_come_as_asked_for(tmp_path: Path, rows: list[int]) -> None:
    write_documents(CORPUS, DIGESTS, tmp_path / "documents.parquet")
    table = DocumentTable(tmp_path / "documents.parquet")
    assert len(table) == 1300
    assert table.rows(np.array(rows, dtype=np.int32)).rows() == CORPUS[rows].rows()


def test_a_table_of_several_chunks_is_written_in_the_same_groups(tmp_path: Path) -> None:
    write_documents(CORPUS, DIGESTS, tmp_path / "one.parquet")
    parts = [CORPUS.slice(start, 130) for start in range(0, 1300, 130)]
    write_documents(pl.concat(parts, rechunk=False), DIGESTS, tmp_path / "many.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "many.parquet").read_bytes()


def test_the_digest_tells_where_title_and_text_part() -> None:
    def digest(title: str, text: str) -> str:
        return corpus_digest(pl.DataFrame({"doc_id": ["d"], "title": [title], "text": [text]}))

    assert len({digest("a", "b c"), digest("a b", "c"), digest("", "a b c")}) == 3


def test_digests_are_of_what_an_encoder_reads(tmp_path: Path) -> None:
    write_documents(CORPUS, DIGESTS, tmp_path / "documents.parquet")
    told = dict(read_digests(tmp_path / "documents.parquet").iter_rows())
    assert told["d0004"] == digest_text("t4 \u00e9 text 4\nof \U0001f600 16")
    assert told["d0005"] == digest_text("text 5\nof \U0001f600 25")
