"""The same folder packed, or as tables of other kinds, is the same collection."""

from __future__ import annotations

import bz2
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import digest_source, read_collection, read_corpus
from trisampler.corpora.settings import SourceSettings


def zstandard(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(raw)
    return sink.getvalue().to_pybytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard,
}


def read(folder: Path) -> Collection:
    return read_collection(SourceSettings(path=str(folder)), seed=0)


def tables(collection: Collection) -> list[list[tuple[object, ...]]]:
    judged = [collection.judgements(split).rows() for split in SPLITS]
    return [
        collection.corpus.rows(),
        collection.queries.rows(),
        *judged,
        collection.given_negatives.rows(),
    ]


def write_triples(folder: Path) -> None:
    (folder / "triples.tsv").write_text("q1\td1\td5\nq3\td3\td2\n")


def files_of(folder: Path) -> list[Path]:
    return [*folder.glob("*.jsonl"), *folder.glob("*.tsv"), *folder.glob("qrels/*.tsv")]


def test_an_ending_in_capitals_is_the_same_ending(clean_folder: Path) -> None:
    expected = tables(read(clean_folder))
    for split, ending in (("dev", ".TSV"), ("test", ".TSV.GZ")):
        path = clean_folder / "qrels" / f"{split}.tsv"
        raw = path.read_bytes()
        path.with_suffix(ending).write_bytes(gzip.compress(raw) if "GZ" in ending else raw)
        path.unlink()
    assert tables(read(clean_folder)) == expected


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("ending", PACKERS)
def test_packed(clean_folder: Path, ending: str, parts: int) -> None:
    write_triples(clean_folder)
    plain = read(clean_folder)
    for path in files_of(clean_folder):
        raw = path.read_bytes()
        middle = len(raw) // 2 if parts == 2 else 0
        # Files packed one after the other are one file, as their tools have it.
        packed = b"".join(PACKERS[ending](part) for part in (raw[:middle], raw[middle:]) if part)
        path.with_name(path.name + ending).write_bytes(packed)
        path.unlink()
    packed_collection = read(clean_folder)
    assert tables(packed_collection) == tables(plain)
    assert set(packed_collection.report["files"]) == {
        name + ending for name in plain.report["files"]
    }
    assert read_corpus(SourceSettings(path=str(clean_folder))).table().equals(plain.corpus)


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize(
    "damage", [lambda raw: raw[: len(raw) * 2 // 3], lambda raw: b"no packed file at all" + raw]
)
def test_packed_and_damaged(
    clean_folder: Path, ending: str, damage: Callable[[bytes], bytes]
) -> None:
    path = clean_folder / "corpus.jsonl"
    lines = "".join(
        json.dumps({"_id": f"x{row}", "title": "", "text": f"text {row**3}"}) + "\n"
        for row in range(20_000)
    )
    raw = path.read_bytes() + lines.encode()
    path.unlink()
    packed = path.with_name(path.name + ending)
    packed.write_bytes(damage(PACKERS[ending](raw)))
    with pytest.raises(SourceError, match="cannot be unpacked") as caught:
        read(clean_folder)
    assert str(caught.value).startswith(f"{packed}: ")


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("rest", [b"", b"BZ", b"no packed part"])
def test_a_second_part_that_is_damaged(clean_folder: Path, ending: str, rest: bytes) -> None:
    path = clean_folder / "corpus.jsonl"
    raw = path.read_bytes()
    middle = raw.index(b"\n", len(raw) // 2) + 1
    path.unlink()
    first, second = (PACKERS[ending](part) for part in (raw[:middle], raw[middle:]))
    path.with_name(path.name + ending).write_bytes(first + (rest or b"\0" + second[1:]))
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read(clean_folder)


def test_two_files_for_one(clean_folder: Path) -> None:
    path = clean_folder / "corpus.jsonl"
    (clean_folder / "corpus.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(
        SourceError, match=r"several files of corpus: corpus.jsonl, corpus.jsonl.gz"
    ):
        read(clean_folder)


def as_table(path: Path, ending: str, renamed: dict[str, str]) -> None:
    is_tsv = path.suffix == ".tsv"
    table = pl.read_csv(path, separator="\t") if is_tsv else pl.read_ndjson(path)
    table = table.rename(renamed, strict=False)
    target = path.with_suffix(ending)
    if ending == ".parquet":
        table.write_parquet(target)
    else:
        table.write_csv(target)
    path.unlink()


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
@pytest.mark.parametrize(
    "renamed", [{}, {"_id": "doc_id", "query-id": "query_id", "corpus-id": "doc_id"}]
)
def test_tables(clean_folder: Path, ending: str, renamed: dict[str, str]) -> None:
    plain = read(clean_folder)
    before = digest_source(SourceSettings(path=str(clean_folder)))
    for path in files_of(clean_folder):
        names = renamed | ({"_id": "query_id"} if renamed and "queries" in path.name else {})
        as_table(path, ending, names)
    assert tables(read(clean_folder)) == tables(plain)
    assert digest_source(SourceSettings(path=str(clean_folder))) != before


def test_csv_quotes_commas_and_line_ends(clean_folder: Path) -> None:
    text = 'one, "two"\n\nthree\ttabs é'
    table = pl.read_ndjson(clean_folder / "corpus.jsonl")
    table = table.with_columns(
        text=pl.when(pl.col("_id") == "d2").then(pl.lit(text)).otherwise("text")
    )
    (clean_folder / "corpus.jsonl").unlink()
    buffer = io.BytesIO()
    table.write_csv(buffer, line_terminator="\r\n")
    (clean_folder / "corpus.csv").write_bytes(b"\xef\xbb\xbf" + buffer.getvalue())
    collection = read(clean_folder)
    assert collection.corpus["text"][1] == text
    assert collection.report["repairs"] == {"corpus.csv": {"byte_order_mark": 1}}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"_id,title,text\nd1,T,x\nd2,T\n", "corpus.csv:3: 2 columns, and the header has 3"),
        (b"_id,title,title\nd1,T,x\n", "corpus.csv:1: the header names a column twice"),
        (b'_id,title,text\nd1,T,"x\nd2,T,y\n', "corpus.csv:2: broken CSV"),
        (b"_id,title,text\nd1,T,\xff\n", "corpus.csv:2: byte .* is not UTF-8"),
        (b"name,title,text\nd1,T,x\n", 'corpus.csv:2: no "_id"'),
        (b"", "the corpus is empty"),
        (b"_id,title,text\n", "the corpus is empty"),
    ],
)
def test_wrong_csv(clean_folder: Path, raw: bytes, words: str) -> None:
    (clean_folder / "corpus.jsonl").unlink()
    (clean_folder / "corpus.csv").write_bytes(raw)
    with pytest.raises(SourceError, match=words):
        read(clean_folder)


@pytest.mark.parametrize("part", [slice(200), slice(9, None), slice(0)])
def test_wrong_parquet(clean_folder: Path, part: slice) -> None:
    as_table(clean_folder / "corpus.jsonl", ".parquet", {})
    path = clean_folder / "corpus.parquet"
    path.write_bytes(path.read_bytes()[part])
    with pytest.raises(SourceError, match="cannot be read as parquet"):
        read(clean_folder)


def test_damage_inside_of_parquet(clean_folder: Path) -> None:
    as_table(clean_folder / "corpus.jsonl", ".parquet", {})
    path = clean_folder / "corpus.parquet"
    raw = bytearray(path.read_bytes())
    raw[4:60] = bytes(56)
    path.write_bytes(raw)
    with pytest.raises(SourceError, match="cannot be read as parquet"):
        read(clean_folder)


GRADED = [("q1", "d1", 0), ("q1", "d2", 2), ("q2", "d3", 1), ("q3", "d3", 1)]


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
@pytest.mark.parametrize("grade", ["score", "relevance", "rel", "grade", "label", "Rel"])
def test_names_of_grades(clean_folder: Path, ending: str, grade: str) -> None:
    path = clean_folder / "qrels" / "train.tsv"
    table = pl.DataFrame(GRADED, schema=["query-id", "corpus-id", grade], orient="row")
    write = table.write_parquet if ending == ".parquet" else table.write_csv
    write(path.with_suffix(ending))
    path.unlink()
    assert read(clean_folder).train_judgements.rows() == GRADED


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"gain": 0}], r":1: no column of grades \(columns: 'query-id, corpus-id, gain'\)"),
        ([{"score": 1}, {"score": None}], r':2: the relevance "score" is null'),
        ([{"score": 1}, {}], ":2: rows with a grade and rows without one"),
        ([{}, {"score": 0}], ":2: rows with a grade and rows without one"),
        ([{"score": 0.5}], ":1: the relevance is '0.5', not an integer"),
    ],
)
def test_rows_without_a_grade(
    clean_folder: Path, rows: list[dict[str, object]], words: str
) -> None:
    path = clean_folder / "qrels" / "train.tsv"
    path.unlink()
    pair = {"query-id": "q1", "corpus-id": "d1"}
    path.with_suffix(".jsonl").write_text("".join(json.dumps(pair | row) + "\n" for row in rows))
    with pytest.raises(SourceError, match=rf"train\.jsonl{words}"):
        read(clean_folder)


def test_ids_alone_are_relevant(clean_folder: Path) -> None:
    path = clean_folder / "qrels" / "train.tsv"
    path.with_suffix(".csv").write_text("query-id,corpus-id\nq1,d1\n")
    path.unlink()
    assert read(clean_folder).train_judgements.rows() == [("q1", "d1", 1)]
