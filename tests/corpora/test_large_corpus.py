"""A corpus that is not held in memory: the same tables, and a peak that is measured."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.corpora import blocks_on_disk, corpus, document_rows
from trisampler.corpora.corpus import sort_documents
from trisampler.corpora.document_rows import DocumentBuffer
from trisampler.corpora.errors import SourceError
from trisampler.corpora.passage_cutting import PASSAGES_SCHEMA
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.datasets.files import WholeTable

Rows = list[tuple[str, str, str]]
NONE = pl.DataFrame(schema=PASSAGES_SCHEMA)


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_on_disk, "_HELD", 1 << 10)
    monkeypatch.setattr(corpus, "_PART", 1 << 11)
    monkeypatch.setattr(document_rows, "_ROWS", 7)


def some_rows(count: int) -> Rows:
    rng = random.Random(0)
    rows = [
        (f"d{row}", f"T{row}" * (row % 3), f"text é {row} " * (row % 40)) for row in range(count)
    ]
    rng.shuffle(rows)
    return rows


def buffer_of(rows: Rows) -> DocumentBuffer:
    buffer = DocumentBuffer()
    for line, row in enumerate(rows, start=1):
        buffer.append((*row, line))
    return buffer


def expected(rows: Rows) -> pl.DataFrame:
    kept = sorted(row for row in rows if row[1] or row[2])
    return pl.DataFrame(kept, schema=["doc_id", "title", "text"], orient="row")


def test_sorted_in_parts(little_memory: None, tmp_path: Path) -> None:
    rows = some_rows(500)
    documents = buffer_of(rows).located("name", tmp_path)
    assert documents.blocks.on_disk
    found = sort_documents(documents, NONE)
    assert len(list(found.tables())) > 20
    assert found.table().equals(expected(rows))
    assert found.ids.to_list() == expected(rows)["doc_id"].to_list()
    WholeTable(filepath=str(tmp_path / "corpus.parquet")).save(found)
    read = WholeTable(filepath=str(tmp_path / "corpus.parquet")).load()
    assert read.equals(expected(rows))
    assert read.schema == dict.fromkeys(["doc_id", "title", "text"], pl.String)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.parquet"]


@settings(max_examples=30, deadline=None)
@given(
    texts=st.dictionaries(
        st.text("abé字", min_size=1, max_size=30), st.text("xy é", max_size=60), min_size=1
    ),
    held=st.sampled_from([0, 100, 10_000]),
    part=st.sampled_from([1, 50, 10_000]),
    rows=st.sampled_from([1, 3, 100]),
)
def test_however_it_is_cut(texts: dict[str, str], held: int, part: int, rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_on_disk, "_HELD", held)
        patch.setattr(corpus, "_PART", part)
        patch.setattr(document_rows, "_ROWS", rows)
        documents = [(key, "", text) for key, text in texts.items()]
        found = sort_documents(buffer_of(documents).located("name", Path()), NONE)
        if found.height:
            assert found.table().rows() == expected(documents).rows()


def test_a_collection_is_the_same(clean_folder: Path, request: pytest.FixtureRequest) -> None:
    with (clean_folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        for row in range(300):
            record = {"_id": f"x{row * 7919 % 300}", "title": "", "text": "é" * (row % 50)}
            file.write(json.dumps(record) + "\n")
    settings = SourceSettings(path=str(clean_folder))
    whole = read_collection(settings, 0)
    request.getfixturevalue("little_memory")
    parted = read_collection(settings, 0)
    assert parted.documents.height == whole.documents.height == 6 + 294
    assert parted.corpus.equals(whole.corpus)
    assert parted.report == whole.report


def test_errors_are_the_same(clean_folder: Path, little_memory: None) -> None:
    with (clean_folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        for row in range(100):
            file.write(json.dumps({"_id": f"x{row % 90}", "title": "", "text": "t" * 99}) + "\n")
    with pytest.raises(SourceError, match=r"corpus.jsonl:97: .*'x0' stands a second .*line 7"):
        read_collection(SourceSettings(path=str(clean_folder)), 0)


def test_no_room_on_disk(
    little_memory: None, clean_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (clean_folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        for row in range(100):
            file.write(json.dumps({"_id": f"x{row}", "title": "", "text": "t" * 99}) + "\n")
    full = io.FileIO("/dev/full", "r+")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full)
    with pytest.raises(SourceError, match=r"No space left on device.*TMPDIR"):
        read_collection(SourceSettings(path=str(clean_folder)), 0)


# VmHWM and not ru_maxrss, which a new process has from the one that started it.
_MEASURE = """
import re, sys
from pathlib import Path
from trisampler.corpora.passage_cutting import PASSAGES_SCHEMA
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
collection = read_collection(SourceSettings(path=sys.argv[1]), 0)
collection.documents.write_parquet(Path(sys.argv[2]))
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) << 10)
"""


@pytest.mark.slow
def test_a_million_passages_in_little_memory(tmp_path: Path) -> None:
    """340 bytes each as MS MARCO's are, which has 8.8 million of them: 2 GiB must do for all."""
    folder = tmp_path / "msmarco"
    folder.mkdir()
    rng = random.Random(0)
    texts = [f"{rng.random()} " * 17 for _ in range(1000)]
    with (folder / "collection.tsv").open("w") as file:
        file.writelines(f"{row}\t{row} {texts[row % 1000]}\n" for row in range(1_000_000))
    with (folder / "queries.train.tsv").open("w") as file:
        file.writelines(f"{row}\tquery number {row}\n" for row in range(50_000))
    with (folder / "qrels.train.tsv").open("w") as file:
        file.writelines(f"{row}\t0\t{row * 17}\t1\n" for row in range(50_000))
    target = tmp_path / "corpus.parquet"
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(folder), str(target)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert pl.scan_parquet(target).select(pl.len()).collect().item() == 1_000_000
    # The texts alone are 350 MB; read as a table, their peak is above 1 GiB.
    assert int(told.stdout.split()[-1]) < 600 << 20
