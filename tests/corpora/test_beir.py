"""What is mended in a BEIR folder, and what it gives."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.settings import SourceSettings

DATA = Path(
    os.environ.get("TRISAMPLER_DATA") or Path(__file__).parents[2].parent / "shared" / "data"
)


def read(folder: Path, seed: int = 0) -> Collection:
    return read_collection(SourceSettings(path=str(folder)), seed)


def tables(collection: Collection) -> dict[str, list[tuple[object, ...]]]:
    named = {"corpus": collection.corpus, "queries": collection.queries}
    named |= {split: collection.judgements(split) for split in SPLITS}
    return {name: table.rows() for name, table in named.items()}


def rewrite(change: Callable[[str, bytes], bytes]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        for path in [*folder.glob("*.jsonl"), *folder.glob("qrels/*.tsv")]:
            path.write_bytes(change(path.name, path.read_bytes()))

    return apply


def test_queries_may_say_where_they_come_from(clean_folder: Path) -> None:
    file = clean_folder / "queries.jsonl"
    first, second, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    told = first.replace("}", ', "metadata": {"source": "forum", "year": 2020}}')
    strange = second.replace("}", ', "metadata": {"source": 7}}')
    file.write_text("".join([told, strange, *rest]), encoding="utf-8")
    assert read(clean_folder).queries["source"].to_list() == ["forum", "", "", "", ""]


def test_clean_folder(clean_folder: Path) -> None:
    collection = read(clean_folder)
    assert tables(collection) == {
        "corpus": [(f"d{n}", f"Title d{n}", f"document {n} on café 字") for n in range(1, 7)],
        "queries": [
            ("q1", "first query"),
            ("q2", "second query"),
            ("q3", "third query"),
            ("q4", "fourth query"),
            ("q5", "fifth query"),
        ],
        "train": [("q1", "d1", 1), ("q2", "d2", 2), ("q2", "d3", 0), ("q3", "d3", 1)],
        "dev": [("q4", "d4", 1)],
        "test": [("q5", "d5", 1), ("q5", "d6", 1)],
    }
    report = collection.report
    assert report["format"] == "beir"
    assert report["format_detected"]
    assert report["documents"] == 6
    assert report["splits"]["train"] == {
        "queries": 3,
        "judgements": 4,
        "positive_judgements": 3,
        "queries_without_positive": 0,
        "judged_documents": 3,
    }
    assert report["repairs"] == {}
    assert report["held_out"] == {}
    assert report["notes"] == []
    assert report["digest"] == digest_source(SourceSettings(path=str(clean_folder)))
    assert set(report["files"]) == {
        "corpus.jsonl",
        "queries.jsonl",
        "qrels/train.tsv",
        "qrels/dev.tsv",
        "qrels/test.tsv",
    }
    assert json.loads(json.dumps(report)) == report


def test_types(clean_folder: Path) -> None:
    (clean_folder / "qrels" / "test.tsv").unlink()
    collection = read(clean_folder)
    assert collection.corpus.schema == dict.fromkeys(["doc_id", "title", "text"], pl.String)
    assert collection.queries.schema == dict.fromkeys(["query_id", "text"], pl.String)
    expected = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
    for split in SPLITS:
        assert collection.judgements(split).schema == expected
    assert collection.test_judgements.is_empty()
    assert any("No test split" in note for note in collection.report["notes"])


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        (rewrite(lambda _, raw: raw.replace(b"\n", b"\r\n")), {"windows_line_ends": 21}),
        (rewrite(lambda _, raw: b"\xef\xbb\xbf" + raw), {"byte_order_mark": 5}),
        (rewrite(lambda _, raw: raw + b"\n  \n\r\n"), {"blank_lines": 15, "windows_line_ends": 5}),
        (rewrite(lambda _, raw: b"\n" + raw.replace(b"\n", b"\n\n", 1)), {"blank_lines": 10}),
        (rewrite(lambda _, raw: raw.rstrip(b"\n")), {}),
        (
            rewrite(
                lambda _, raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n").rstrip() + b"\r\n\r\n"
            ),
            {"windows_line_ends": 26, "byte_order_mark": 5, "blank_lines": 5},
        ),
        (
            rewrite(
                lambda name, raw: raw.replace(b"\n", b"\tx\n") if name.endswith("tsv") else raw
            ),
            {"extra_columns": 7},
        ),
        (
            rewrite(
                lambda name, raw: (
                    raw.replace(b"}\n", b', "metadata": {}}\n') if name.endswith("jsonl") else raw
                )
            ),
            {"extra_fields": 11},
        ),
        (
            rewrite(
                lambda name, raw: raw + raw.split(b"\n")[1] + b"\n" if name.endswith("tsv") else raw
            ),
            {"repeated_judgements": 3},
        ),
        (
            rewrite(
                lambda name, raw: (
                    raw + b'{"_id": "a", "text": "Fifth QUERY"}\n'
                    if name == "queries.jsonl"
                    else raw
                )
            ),
            {"unjudged_queries_dropped": 1},
        ),
        (
            rewrite(
                lambda name, raw: (
                    raw + b'{"_id": "a", "title": "", "text": "\\u3000"}\n'
                    if name == "corpus.jsonl"
                    else raw
                )
            ),
            {"blank_documents_dropped": 1},
        ),
        (rewrite(lambda _, raw: raw.replace(b"\t0\n", b"\t-2\n")), {"negative_relevance_as_0": 1}),
        (rewrite(lambda _, raw: raw.replace(b"\t1\n", b"\t 1 \n")), {}),
    ],
    ids=[
        "windows",
        "mark",
        "blank at the end",
        "blank between",
        "no last line end",
        "windows editor",
        "columns",
        "fields",
        "repeated",
        "unjudged of equal text",
        "blank document",
        "negative",
        "blanks around a relevance",
    ],
)
def test_mended_folder_equals_the_clean_one(
    clean_folder: Path, change: Callable[[Path], None], counted: dict[str, int]
) -> None:
    clean = read(clean_folder)
    change(clean_folder)
    mended = read(clean_folder)
    assert tables(mended) == tables(clean)
    total: dict[str, int] = {}
    for repairs in mended.report["repairs"].values():
        for kind, count in repairs.items():
            total[kind] = total.get(kind, 0) + count
    assert total == counted
    assert mended.report["digest"] != clean.report["digest"]


def test_missing_titles_and_texts(clean_folder: Path) -> None:
    records = [
        {"_id": "d1", "text": "one"},
        {"_id": "d2", "title": None, "text": "two"},
        {"_id": "d3", "title": "", "text": "three"},
        {"_id": "d4", "title": "four"},
        {"_id": "d5", "title": " ", "text": " five "},
        {"_id": 6, "title": "six \ud83d\ude00 \ud800", "text": None},
    ]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (clean_folder / "corpus.jsonl").write_text(text)
    test = (clean_folder / "qrels" / "test.tsv").read_text().replace("d6", "6")
    (clean_folder / "qrels" / "test.tsv").write_text(test)
    collection = read(clean_folder)
    assert collection.corpus.rows() == [
        ("6", "six 😀 \ufffd", ""),
        ("d1", "", "one"),
        ("d2", "", "two"),
        ("d3", "", "three"),
        ("d4", "four", ""),
        ("d5", "", " five "),
    ]
    assert collection.report["repairs"]["corpus.jsonl"] == {
        "integer_ids": 1,
        "missing_text": 2,
        "missing_title": 2,
        "unpaired_surrogates": 1,
    }


def test_line_order_changes_nothing(clean_folder: Path) -> None:
    (clean_folder / "qrels" / "dev.tsv").unlink()
    with (clean_folder / "queries.jsonl").open("a") as file:
        file.write('{"_id": "q0", "text": " First  QUERY"}\n{"_id": "q6", "text": "fifth query"}\n')
    with (clean_folder / "qrels" / "train.tsv").open("a") as file:
        file.write("q0\td1\t3\nq0\td6\t1\nq6\td4\t1\nq4\td4\t1\n")
    first = read(clean_folder)
    for seed in range(3):
        for path in [*clean_folder.glob("*.jsonl"), *clean_folder.glob("qrels/*.tsv")]:
            header, lines = [], path.read_text().splitlines(keepends=True)
            if path.suffix == ".tsv":
                header = [lines.pop(0)]
            random.Random(seed).shuffle(lines)
            path.write_text("".join(header + lines))
        shuffled = read(clean_folder)
        assert tables(shuffled) == tables(first)
        same = {key: value for key, value in shuffled.report.items() if key in first.report}
        for changed in ("digest", "files"):
            del same[changed]
        assert same == {key: first.report[key] for key in same}


def test_ignored_files_are_named(clean_folder: Path) -> None:
    for name in ("README.txt", "LICENSE", "._dev.tsv", "train.tsv~"):
        (clean_folder / "qrels" / name).write_text("")
    (clean_folder / "notes.txt").write_text("")
    collection = read(clean_folder)
    ignored = ["notes.txt", "qrels/._dev.tsv", "qrels/LICENSE"]
    ignored += ["qrels/README.txt", "qrels/train.tsv~"]
    assert collection.report["files_ignored"] == ignored


@pytest.mark.parametrize(
    ("split", "name"),
    [
        ("dev", "validation.tsv"),
        ("dev", "val.tsv"),
        ("dev", "valid_set.tsv"),
        ("test", "Test.tsv"),
        ("test", "test.txt"),
        ("test", "TEST.TSV"),
        ("train", "qrels-training.tsv"),
    ],
)
def test_a_file_of_judgements_is_known_by_the_split_in_its_name(
    clean_folder: Path, split: str, name: str
) -> None:
    clean = read(clean_folder)
    (clean_folder / "qrels" / f"{split}.tsv").rename(clean_folder / "qrels" / name)
    renamed = read(clean_folder)
    assert tables(renamed) == tables(clean)
    assert renamed.report["splits"] == clean.report["splits"]
    assert renamed.report["files_ignored"] == renamed.report["notes"] == []


def test_a_text_beside_judgements_is_read_if_it_begins_as_they_do(clean_folder: Path) -> None:
    clean = read(clean_folder)
    readme = clean_folder / "qrels" / "train_readme.txt"
    readme.write_text("About these judgements\n\nquery-id, corpus-id and score, made by hand.\n")
    noted = read(clean_folder)
    assert tables(noted) == tables(clean)
    assert noted.report["files_ignored"] == ["qrels/train_readme.txt"]
    readme.unlink()
    header, *lines = (clean_folder / "qrels" / "test.tsv").read_text().splitlines()
    assert header.startswith("query-id")
    trec = ["{} 0 {} {}\n".format(*line.split("\t")) for line in lines]
    (clean_folder / "qrels" / "test.tsv").unlink()
    (clean_folder / "qrels" / "test.txt").write_text("".join(trec))
    assert tables(read(clean_folder)) == tables(clean)


def test_digest_is_of_names_and_bytes(clean_folder: Path) -> None:
    settings = SourceSettings(path=str(clean_folder))
    digests = [digest_source(settings)]
    (clean_folder / "notes.txt").write_text("not read")
    assert digest_source(settings) == digests[0]
    moved = clean_folder.rename(clean_folder.with_name("moved"))
    settings = SourceSettings(path=str(moved))
    assert digest_source(settings) == digests[0]
    dev = moved / "qrels" / "dev.tsv"
    dev.write_text(dev.read_text() + "\n")
    digests.append(digest_source(settings))
    dev.rename(moved / "qrels" / "test.tsv")
    digests.append(digest_source(settings))
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("name", "documents", "queries", "judgements"),
    [
        ("scifact", 5183, {"train": 716, "dev": 89, "test": 300}, {"test": 339}),
        ("squad", 2067, {"train": 6867, "dev": 501, "test": 0}, {"dev": 501, "test": 0}),
        ("nfcorpus", 3633, {"train": 2572, "dev": 323, "test": 0}, {"dev": 11382, "test": 0}),
        (
            "nl2bash",
            10594,
            {"train": 8928, "dev": 603, "test": 1722},
            {"train": 9987, "dev": 696, "test": 1899},
        ),
    ],
)
def test_real_data(
    tmp_path: Path,
    name: str,
    documents: int,
    queries: dict[str, int],
    judgements: dict[str, int],
) -> None:
    archive = DATA / f"{name}.tar.xz"
    if not archive.is_file():
        pytest.skip(f"{archive} is not there; set TRISAMPLER_DATA to the folder that has it")
    import tarfile

    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    collection = read(tmp_path / name)
    splits = collection.report["splits"]
    assert collection.corpus.height == documents
    assert {split: splits[split]["queries"] for split in SPLITS} == queries
    assert {split: splits[split]["judgements"] for split in judgements} == judgements
    texts = [normalize_query(text) for text in collection.queries["text"]]
    assert len(set(texts)) == len(texts) == sum(queries.values())
    assert collection.report["repairs"] == {}
