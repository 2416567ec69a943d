"""Tables of pairs of every kind, the files of other toolkits, and data sets that were saved."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from exports.tables import hand_made
from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.naming import named_split
from trisampler.corpora.reading import digest_source, read_collection, read_corpus
from trisampler.corpora.settings import SourceSettings
from trisampler.exports.flagembedding import write_flagembedding
from trisampler.exports.sentence_transformers import training_dataset
from trisampler.exports.tevatron import write_tevatron

ROWS = [
    {"anchor": f"query {row}", "positive": f"passage {row}, é", "negative": f"passage {row + 1}, é"}
    for row in range(12)
]
Texts = list[tuple[str, str, str]]


def read(path: Path, **more: object) -> Collection:
    settings = SourceSettings.model_validate({"path": str(path), **more})
    return read_collection(settings, seed=0)


def texts_of(collection: Collection) -> tuple[Texts, Texts]:
    """All positive pairs with their split, and the training queries' negatives, as texts."""
    queries = dict(collection.queries.select("query_id", "text").rows())
    documents = dict(collection.corpus.select("doc_id", "text").rows())
    judged = [
        (split, queries[query], documents[doc])
        for split in SPLITS
        for query, doc, relevance in collection.judgements(split).rows()
        if relevance
    ]
    given = [
        ("train", queries[query], documents[doc])
        for query, doc, _ in collection.given_negatives.rows()
    ]
    return sorted(judged), given


def as_csv(path: Path) -> None:
    pl.DataFrame(ROWS).write_csv(path)


def as_tsv(path: Path) -> None:
    pl.DataFrame(ROWS).write_csv(path, separator="\t")


def as_parquet(path: Path) -> None:
    pl.DataFrame(ROWS).write_parquet(path)


def as_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS), encoding="utf-8")


def as_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")


def as_packed(path: Path) -> None:
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    path.write_bytes(gzip.compress(text.encode()))


@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("pairs.csv", as_csv),
        ("pairs.tsv", as_tsv),
        ("pairs.parquet", as_parquet),
        ("pairs.json", as_json),
        ("pairs.jsonl", as_jsonl),
        ("pairs.jsonl.gz", as_packed),
    ],
)
def test_one_table(tmp_path: Path, name: str, write: Callable[[Path], None], place: str) -> None:
    write(tmp_path / name)
    path = tmp_path / name if place == "file" else tmp_path
    collection = read(path)
    assert collection.report["format"] == "pairs"
    assert set(collection.report["held_out"]) == {"test", "dev"}
    judged, given = texts_of(collection)
    assert [pair[1:] for pair in sorted(judged, key=lambda pair: pair[1])] == sorted(
        (row["anchor"], row["positive"]) for row in ROWS
    )
    trained = {query for split, query, _ in judged if split == "train"}
    assert sorted(given) == sorted(
        ("train", row["anchor"], row["negative"]) for row in ROWS if row["anchor"] in trained
    )
    assert collection.corpus.height == 13
    assert read_corpus(SourceSettings(path=str(path))).table().equals(collection.corpus)
    assert collection.report["digest"] == digest_source(SourceSettings(path=str(path)))


def test_quotations_between_tabs(tmp_path: Path) -> None:
    texts = {
        '"He said ""hi"" there"': 'He said "hi" there',
        '"""all"""': '"all"',
        '"rolling in the deep" meaning': '"rolling in the deep" meaning',
        '"a title"': '"a title"',
        'the 5" pipe': 'the 5" pipe',
        'a ""b"" c': 'a ""b"" c',
        '""': '""',
        '"""docstring': '"""docstring',
    }
    rows = "".join(f"query {row}\t{text}\n" for row, text in enumerate(texts))
    (tmp_path / "a.tsv").write_text(f"query\tpassage\n{rows}")
    collection = read(tmp_path / "a.tsv")
    assert sorted(collection.corpus["text"]) == sorted(texts.values())
    assert collection.report["repairs"] == {"a.tsv": {"quotations_read": 2}}


def test_all_kinds_are_one_collection(tmp_path: Path) -> None:
    found = []
    for name, write in (("a.csv", as_csv), ("b.parquet", as_parquet), ("c.json", as_json)):
        write(tmp_path / name)
        found.append(read(tmp_path / name))
    for other in found[1:]:
        assert other.corpus.equals(found[0].corpus)
        assert other.queries.equals(found[0].queries)
        for split in SPLITS:
            assert other.judgements(split).equals(found[0].judgements(split))


def test_splits_and_shards(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    table = pl.DataFrame(ROWS)
    for number, rows in enumerate((table[:5], table[5:8])):
        rows.write_parquet(tmp_path / "data" / f"train-0000{number}-of-00002.parquet")
    table[8:10].write_parquet(tmp_path / "data" / "validation-00000-of-00001.parquet")
    table[10:].write_parquet(tmp_path / "data" / "test-00000-of-00001.parquet")
    collection = read(tmp_path)
    judged, given = texts_of(collection)
    assert {(split, query) for split, query, _ in judged} == {
        ("train" if row < 8 else "dev" if row < 10 else "test", f"query {row}") for row in range(12)
    }
    assert len(given) == 8
    assert collection.report["held_out"] == {}


def test_columns_by_name(tmp_path: Path) -> None:
    table = pl.DataFrame(ROWS).rename({"anchor": "frage", "positive": "ja", "negative": "nein"})
    table.with_columns(anchor=pl.lit("no"), positive=pl.lit("no")).write_csv(tmp_path / "a.csv")
    columns = {"query": "frage", "positive": "ja", "negative": "nein"}
    collection = read(tmp_path / "a.csv", columns=columns)
    as_csv(tmp_path / "b.csv")
    assert texts_of(collection) == texts_of(read(tmp_path / "b.csv"))


@pytest.mark.parametrize("name", ["label", "relevance", "score", "rel", "grade"])
def test_a_column_of_grades(tmp_path: Path, name: str) -> None:
    rows = [("a", "yes", 1), ("a", "no", 0), ("b", "good", 2), ("b", "bad", 0), ("c", "x", 1)]
    table = pl.DataFrame(rows, schema=["query", "passage", name], orient="row")
    table.write_csv(tmp_path / "train.csv")
    table.head(0).vstack(
        pl.DataFrame([("d", "y", 1)], schema=["query", "passage", name], orient="row")
    ).write_csv(tmp_path / "dev.csv")
    collection = read(tmp_path)
    judged, given = texts_of(collection)
    assert judged == [
        ("dev", "d", "y"),
        ("train", "a", "yes"),
        ("train", "b", "good"),
        ("train", "c", "x"),
    ]
    assert sorted(given) == [("train", "a", "no"), ("train", "b", "bad")]
    assert sorted(collection.train_judgements["relevance"]) == [0, 0, 1, 1, 2]


def test_scores_beside_negatives_are_margins(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).with_columns(score=pl.lit(0.5)).write_parquet(tmp_path / "a.parquet")
    collection = read(tmp_path / "a.parquet")
    assert set(collection.train_judgements["relevance"]) == {1}
    assert collection.report["repairs"] == {"a.parquet": {"extra_fields": len(ROWS)}}


@pytest.mark.parametrize("toolkit", ["flagembedding", "tevatron", "sentence-transformers"])
def test_files_of_other_toolkits(tmp_path: Path, toolkit: str) -> None:
    tables = hand_made()
    path: Any = tmp_path / "train.jsonl"
    if toolkit == "flagembedding":
        write_flagembedding(path, *tables)
    elif toolkit == "tevatron":
        write_tevatron(path, *tables)
    else:
        path = tmp_path / "saved"
        training_dataset(*tables, output_format="n-tuple").save_to_disk(path)
    collection = read(path, dev_fraction=0.01, test_fraction=0)
    given = collection.given_negatives.join(collection.queries, on="query_id")
    given = given.join(collection.corpus.rename({"text": "passage"}), on="doc_id")
    passages = pl.concat([collection.train_judgements, collection.dev_judgements])
    assert passages.height == 3
    if toolkit == "tevatron":
        assert set(collection.corpus["doc_id"]) == {"d1", "d2", "d3", "d4", "d5", "d6"}
        assert ("d2", "Two", "second café") in collection.corpus.rows()
    if "first" in given["text"].to_list():
        found = given.filter(text="first").sort("rank")["passage"].to_list()
        assert found[0] == "four\u2028lines"
        assert len(found) >= 2


@pytest.mark.parametrize("splits", [False, True])
def test_saved_data_sets(tmp_path: Path, splits: bool) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_list(ROWS)
    if splits:
        parts = {
            "train": whole.select(range(7, -1, -1)),  # rows in an order of their own
            "validation": whole.select([8, 9]),
            "test": whole.select([10, 11]),
        }
        datasets.DatasetDict(parts).save_to_disk(
            tmp_path / "saved", num_shards={"train": 3, "validation": 1, "test": 1}
        )
    else:
        whole.save_to_disk(tmp_path / "saved", num_shards=3)
    collection = read(tmp_path / "saved")
    judged, _ = texts_of(collection)
    assert sorted(pair[1:] for pair in judged) == sorted(
        (row["anchor"], row["positive"]) for row in ROWS
    )
    if splits:
        assert {query for split, query, _ in judged if split == "dev"} == {"query 8", "query 9"}
    else:
        assert set(collection.report["held_out"]) == {"test", "dev"}


def test_saved_splits_without_rows(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_list(ROWS)
    splits = {"train": whole, "test": whole.select([])}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    assert list((tmp_path / "saved" / "test").glob("*.arrow")) == []
    collection = read(tmp_path / "saved")
    assert set(collection.report["held_out"]) == {"test", "dev"}
    splits["train"] = splits["test"]
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "empty")
    whole.select([]).save_to_disk(tmp_path / "alone")
    for name in ("empty", "alone"):
        with pytest.raises(SourceError, match=rf"{name}: no rows to train on"):
            read(tmp_path / name)


def test_a_saved_data_set_with_a_file_missing(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved", num_shards=2)
    (tmp_path / "saved" / "data-00001-of-00002.arrow").unlink()
    with pytest.raises(SourceError, match=r"data-00001-of-00002.arrow is missing"):
        read(tmp_path / "saved")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "frage,antwort\nx,y\n", r"a.csv:2: no column anchor or query or question \(col"),
        ("a.csv", "query,antwort\nx,y\n", r"a.csv:2: no column positive or .*columns.positive"),
        ("a.tsv", "x\ty\nu\tv\n", r"'x, y'.*first line must name the columns, separated by tabs"),
        ("a.csv", "query;answer\nx;y\n", r"'query;answer'.*first line .*, separated by commas"),
        ("a.csv", "query,pos\n ,y\n", r"a.csv:2: the query has no text"),
        ("a.csv", "query,pos\nx,  \n", r"a.csv:2: pos: neither title nor text"),
        ("a.csv", "query,pos\nx,\n", r"no row with a query and a positive"),
        ("a.tsv", 'query\tpos\nx\t"y\nz"\n', r"a.tsv:3: 1 columns, .* as CSV or JSON lines"),
        ("a.tsv", "query\tpos\nx\ty\rz\n", r"a.tsv:2: broken TSV .* as CSV or JSON lines"),
        ("a.csv", "query,pos,label\nx,y,high\n", r"a.csv:2: the relevance is 'high'"),
        ("a.csv", "query,pos,score\nx,y,0.7\n", r"a.csv:2: the relevance is '0.7', not an int"),
        (
            "a.jsonl",
            '{"query": "x", "pos": "y", "label": null}\n',
            r'a.jsonl:1: the relevance "label" is null',
        ),
        ("a.jsonl", '{"query": "x", "pos": [7]}\n', r'a.jsonl:1: pos\[0\]: "text" is 7'),
        ("a.jsonl", '{"query": "x", "pos": {"a": "b"}}\n', r'a.jsonl:1: pos: no "text"'),
        ("a.jsonl", '{"query": ["x"], "pos": "y"}\n', r"""a.jsonl:1: "query" is \['x'\], not a"""),
    ],
)
def test_wrong(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=words):
        read(tmp_path / name)


def test_rows_without_a_positive_are_counted(tmp_path: Path) -> None:
    rows = [{"query": "a", "pos": ["p"], "neg": [""]}, {"query": "b", "pos": [], "neg": ["p"]}]
    rows.append({"query": "c", "pos": "q", "neg": None})
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read(tmp_path / "a.jsonl").report["repairs"] == {
        "a.jsonl": {"blank_negatives_dropped": 1, "rows_without_positive_skipped": 1}
    }


def test_splits_of_different_kinds_are_refused(tmp_path: Path) -> None:
    as_csv(tmp_path / "train.csv")
    as_jsonl(tmp_path / "train.jsonl")
    with pytest.raises(SourceError, match=r"different kinds for the train split: train.csv, tr"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["latest_export.csv", "devices.csv", "test.csv"])
def test_a_table_that_is_alone_is_to_train_on(tmp_path: Path, name: str) -> None:
    as_csv(tmp_path / name)
    assert set(read(tmp_path).report["held_out"]) == {"test", "dev"}


def test_shards_by_number(tmp_path: Path) -> None:
    for number in (0, 1):
        rows = ROWS[number * 6 : number * 6 + 6]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"train.{number}.jsonl").write_text(text)
    assert read(tmp_path).corpus.height == 13


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("latest_export.csv", None),
        ("devices.csv", None),
        ("constraints.csv", None),
        ("values.csv", None),
        ("train-00000-of-00002.parquet", "train"),
        ("msmarco-doctrain-queries.tsv.gz", "train"),
        ("msmarco-docdev-qrels.tsv.gz", "dev"),
        ("msmarco-test2019-queries.tsv", "test"),
        ("queries.dev.small.tsv", "dev"),
        ("validation", "dev"),
        ("val.jsonl", "dev"),
        ("TrainPairs.csv", "train"),
        ("training_data.csv", "train"),
        ("TEST.csv", "test"),
    ],
)
def test_splits_by_whole_words(name: str, split: str | None) -> None:
    assert named_split(name) == split
