"""The files of tevatron, FlagEmbedding and DPR: every field, by hand."""

from __future__ import annotations

import gzip
import json

import polars as pl
import pytest

from exports.tables import hand_made
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.exports.dpr import write_dpr
from trisampler.exports.errors import ExportError
from trisampler.exports.flagembedding import write_flagembedding
from trisampler.exports.tevatron import write_tevatron, write_tevatron_ids

FOUR = "four\u2028lines"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_flagembedding_has_a_line_for_each_query_with_negatives(tmp_path):
    report = write_flagembedding(tmp_path / "train.jsonl", *hand_made())
    assert lines(tmp_path / "train.jsonl") == [
        # d4 was drawn for both positives, second for d2 and first for d1.
        {
            "query": "first",
            "pos": ["one", "Two second café"],
            "neg": [FOUR, 'six "quoted"', "Five"],
        },
        {"query": "second\nquery", "pos": ["Three third 字"], "neg": ["one"]},
    ]
    assert report == (2, 1, 0)  # q3 is left out


def test_flagembedding_with_one_line_for_each_pair(tmp_path):
    report = write_flagembedding(tmp_path / "train.jsonl", *hand_made(), one_per="pair")
    found = [(each["pos"], each["neg"]) for each in lines(tmp_path / "train.jsonl")]
    assert found == [
        (["one"], [FOUR, "Five"]),
        (["Two second café"], ['six "quoted"', FOUR]),
        (["Three third 字"], ["one"]),
    ]
    assert report == (3, 1, 0)


def test_flagembedding_with_a_teacher(tmp_path):
    report = write_flagembedding(tmp_path / "train.jsonl", *hand_made(), teacher_scores=True)
    assert lines(tmp_path / "train.jsonl") == [
        {
            "query": "first",
            "pos": ["one", "Two second café"],
            "neg": [FOUR, 'six "quoted"'],
            "pos_scores": [1.0, 0.5],
            "neg_scores": [0.25, 0.125],
        }
    ]
    # Unscored: d5, d1, and q3's positive, of which no negative tells; q2 is left without any.
    assert report == (1, 1, 3)


def test_there_must_be_scores_of_a_teacher(tmp_path):
    negatives, *others = hand_made()
    unscored = negatives.with_columns(teacher_q_neg=pl.lit(None, pl.Float32))
    for table in (unscored, negatives.drop("teacher_q_neg")):
        with pytest.raises(ExportError, match="no scores of a teacher: draw them with one"):
            write_flagembedding(tmp_path / "a.jsonl", table, *others, teacher_scores=True)


def test_tevatron_with_passages(tmp_path):
    assert write_tevatron(tmp_path / "train.jsonl", *hand_made()) == (2, 1, 0)
    first, second = lines(tmp_path / "train.jsonl")
    assert first["positive_passages"] == [
        {"docid": "d1", "title": "", "text": "one"},
        {"docid": "d2", "title": "Two", "text": "second café"},
    ]
    assert [each["docid"] for each in first["negative_passages"]] == ["d4", "d6", "d5"]
    assert second == {
        "query_id": "q2",
        "query": "second\nquery",
        "positive_passages": [{"docid": "d3", "title": "Three", "text": "third 字"}],
        "negative_passages": [{"docid": "d1", "title": "", "text": "one"}],
    }


def test_tevatron_with_ids_and_a_corpus(tmp_path):
    paths = tmp_path / "train.jsonl", tmp_path / "corpus.jsonl"
    assert write_tevatron_ids(*paths, *hand_made(), one_per="pair") == (3, 1, 0)
    assert lines(paths[0])[0] == {
        "query_id": "q1",
        "query_text": "first",
        "positive_document_ids": ["d1"],
        "negative_document_ids": ["d4", "d5"],
    }
    documents = lines(paths[1])
    assert [each["docid"] for each in documents] == ["d1", "d2", "d3", "d4", "d5", "d6"]
    assert documents[1]["text"] == "Two second café"


def test_dpr_has_every_question_and_keeps_random_negatives_apart(tmp_path):
    assert write_dpr(tmp_path / "train.json", *hand_made()) == (3, 0, 0)
    first, second, third = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    assert list(first) == [
        "question",
        "answers",
        "positive_ctxs",
        "negative_ctxs",
        "hard_negative_ctxs",
    ]
    assert first["positive_ctxs"][1] == {
        "passage_id": "d2",
        "title": "Two",
        "text": "second café",
        "score": 0.875,
    }
    assert [each["passage_id"] for each in first["hard_negative_ctxs"]] == ["d4", "d6", "d5"]
    assert first["negative_ctxs"] == []
    assert second["negative_ctxs"] == [
        {"passage_id": "d1", "title": "", "text": "one", "score": -0.25}
    ]
    assert third["question"] == "third"
    assert third["positive_ctxs"] == [{"passage_id": "d3", "title": "Three", "text": "third 字"}]
    assert third["negative_ctxs"] == third["hard_negative_ctxs"] == third["answers"] == []


def test_our_own_reader_takes_dpr_back(tmp_path):
    tables = hand_made()
    write_dpr(tmp_path / "train.json", *tables)
    write_dpr(
        tmp_path / "dev.json",
        *tables._replace(
            queries=tables.queries.with_columns(text=pl.lit("of dev: ") + pl.col("text"))
        ),
    )  # so that nothing is held out of train
    read = read_collection(SourceSettings(path=str(tmp_path)), seed=0)
    assert read.corpus.rows() == tables.corpus.rows()
    texts, asked = dict(read.queries.iter_rows()), dict(tables.queries.iter_rows())
    relevant = {(asked[query], doc) for query, doc, grade in tables.judgements.rows() if grade}
    assert {(texts[query], doc) for query, doc, _ in read.train_judgements.rows()} == relevant
    assert [
        (texts[query], doc)
        for query, doc, _ in read.given_negatives.rows()
        if texts[query] == "first"
    ] == [("first", "d4"), ("first", "d6"), ("first", "d5")]
    assert read.given_negatives.height == 4


def test_without_judgements_the_pairs_are_those_with_negatives(tmp_path):
    negatives, corpus, queries, _ = hand_made()
    assert write_dpr(tmp_path / "train.json", negatives, corpus, queries) == (2, 0, 0)


def test_no_negatives_at_all(tmp_path):
    negatives, *rest = hand_made()
    write_dpr(tmp_path / "a.json", negatives.clear(), *rest)
    assert len(json.loads((tmp_path / "a.json").read_text())) == 3
    write_dpr(tmp_path / "b.json", negatives.clear(), *rest[:2])
    assert json.loads((tmp_path / "b.json").read_text()) == []
    assert write_tevatron(tmp_path / "c.jsonl", negatives.clear(), *rest) == (0, 3, 0)
    assert (tmp_path / "c.jsonl").read_text() == ""


def test_the_order_of_other_tables_changes_nothing(tmp_path):
    negatives, corpus, queries, judgements = hand_made()
    write_dpr(tmp_path / "a.json", negatives, corpus, queries, judgements)
    write_dpr(
        tmp_path / "b.json", negatives, corpus.reverse(), queries.reverse(), judgements.reverse()
    )
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_compressed_by_name_and_the_same_bytes_each_time(tmp_path):
    write_tevatron(tmp_path / "train.jsonl", *hand_made())
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        write_tevatron(tmp_path / name, *hand_made())
    packed = (tmp_path / "one.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "train.jsonl").read_bytes()
    assert packed == (tmp_path / "two.jsonl.gz").read_bytes()


def test_many_examples_in_slices(tmp_path, monkeypatch):
    from trisampler.exports import examples

    write_dpr(tmp_path / "whole.json", *hand_made())
    monkeypatch.setattr(examples, "_EXAMPLES_AT_ONCE", 1)
    write_dpr(tmp_path / "sliced.json", *hand_made())
    assert (tmp_path / "whole.json").read_bytes() == (tmp_path / "sliced.json").read_bytes()


@pytest.mark.parametrize("write", [write_dpr, write_flagembedding, write_tevatron])
def test_what_fails_leaves_the_former_file(tmp_path, write, monkeypatch):
    path = tmp_path / "train.json"
    path.write_text("former")
    negatives, corpus, queries, judgements = hand_made()
    with pytest.raises(ExportError, match="negative_id 'd6' is not in the doc_id column of the 5"):
        write(path, negatives, corpus.head(5), queries, judgements)
    with pytest.raises(ExportError, match="query_id 'q1' is not in"):
        write(path, negatives, corpus, queries.tail(2), judgements)
    with pytest.raises(ExportError, match=r"negatives for query 'q2' and document 'd3'.*1 such"):
        write(path, negatives, corpus, queries, judgements.filter(pl.col("query_id") != "q2"))
    with pytest.raises(ExportError, match="it can be 'query' or 'pair'"):
        write(path, negatives, corpus, queries, judgements, one_per="document")

    def broken(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr("trisampler.exports.files.json.dumps", broken)
    with pytest.raises(OSError, match="no space"):
        write(path, negatives, corpus, queries, judgements)
    assert path.read_text() == "former"
    assert [each.name for each in tmp_path.iterdir()] == ["train.json"]
