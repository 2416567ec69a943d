"""BM25 against the formula, and against a published figure."""

from __future__ import annotations

import csv
import json
import logging
import math
from collections import Counter
from pathlib import Path

import ir_measures
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import nDCG

from trisampler.search.candidates import RANKED_COLUMNS
from trisampler.search.errors import SearchError
from trisampler.search.lexical import LexicalIndex
from trisampler.search.settings import LexicalSettings

PLAIN = LexicalSettings(language="none")
words = st.lists(st.sampled_from(["ab", "bc", "cd", "de", "ef", "fg"]), max_size=12).map(" ".join)


def index(texts: list[str], options: LexicalSettings = PLAIN) -> LexicalIndex:
    return LexicalIndex.build(texts, [f"d{row:03d}" for row in range(len(texts))], options)


def queries(*texts: str) -> pl.DataFrame:
    ids = [f"q{row}" for row in range(len(texts))]
    return pl.DataFrame({"query_id": ids, "text": texts}, schema={"query_id": str, "text": str})


def naive_bm25(texts: list[str], query: str, k1: float, b: float) -> dict[str, float]:
    """The formula, in float64, word by word; documents without a common word are left out."""
    documents = [text.split() for text in texts]
    mean_length = sum(map(len, documents)) / len(documents)
    scores = {}
    for row, document in enumerate(documents):
        score = 0.0
        for word in query.split():
            holding = sum(word in other for other in documents)
            weight = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            frequency = Counter(document)[word]
            if frequency:
                length = 1 - b + b * len(document) / mean_length
                score += weight * frequency / (frequency + k1 * length)
        if score:
            scores[f"d{row:03d}"] = score
    return scores


@settings(deadline=None, max_examples=60)
@given(st.lists(words, min_size=1, max_size=20), words, st.floats(0.1, 3), st.floats(0, 1))
def test_same_as_the_formula(texts: list[str], query: str, k1: float, b: float) -> None:
    run = index(texts, LexicalSettings(k1=k1, b=b, language="none")).search(queries(query), 100)
    found = dict(zip(run["doc_id"], run["score"], strict=True))
    assert found == pytest.approx(naive_bm25(texts, query, k1, b), rel=1e-5)


@settings(deadline=None, max_examples=60)
@given(st.lists(words, min_size=1, max_size=30), words, st.integers(1, 40))
def test_order_is_score_then_id_descending(texts: list[str], query: str, depth: int) -> None:
    run = index(texts).search(queries(query), depth)
    results = list(zip(run["score"], run["doc_id"], strict=True))
    assert results == sorted(results, reverse=True)
    assert run["rank"].to_list() == list(range(1, run.height + 1))
    everything = index(texts).search(queries(query), 1000)
    assert run.equals(everything.head(depth))


def test_run_of_several_queries() -> None:
    texts = ["red fish", "blue fish", "green bird", "blue bird"]
    asked = queries("blue fish", "", "unheard of", "fish fish blue").sample(
        fraction=1.0, shuffle=True, seed=0
    )
    run = index(texts).search(asked, 2)
    assert dict(run.schema) == {name: dtype() for name, dtype in RANKED_COLUMNS.items()}
    assert run.select("query_id", "doc_id", "rank").rows() == [
        ("q0", "d001", 1),
        ("q0", "d003", 2),
        ("q3", "d001", 1),
        ("q3", "d000", 2),
    ]


@pytest.mark.parametrize("texts", [["..."], ["the of"], ["", "?"]])
def test_documents_without_words_are_never_found(texts: list[str]) -> None:
    assert index(texts, LexicalSettings()).search(queries("the cat", "?"), 5).height == 0


def test_one_document() -> None:
    run = index(["only this"]).search(queries("this", "that"), 5)
    assert run.select("query_id", "doc_id").rows() == [("q0", "d000")]


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"]])
def test_ids_out_of_order_are_refused(ids: list[str]) -> None:
    with pytest.raises(SearchError, match="increasing order"):
        LexicalIndex.build(["x", "y"], ids, PLAIN)


def test_empty_corpus_is_refused() -> None:
    with pytest.raises(SearchError, match="corpus is empty"):
        LexicalIndex.build([], [], PLAIN)


def test_is_quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    index(["red fish", "blue fish"]).search(queries("fish"), 2)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("bm25s")] == []


@pytest.mark.slow
def test_scifact_reaches_the_published_figure(scifact_folder: Path) -> None:
    """Anserini's flat BM25 with k1=.9, b=.4 has .6789 (BEIR)."""
    lines = (scifact_folder / "corpus.jsonl").read_text().splitlines()
    documents = sorted((document["_id"], document) for document in map(json.loads, lines))
    texts = [f"{document['title']} {document['text']}".strip() for _, document in documents]
    with (scifact_folder / "qrels" / "test.tsv").open(newline="") as file:
        judged = list(csv.reader(file, delimiter="\t"))[1:]
    lines = (scifact_folder / "queries.jsonl").read_text().splitlines()
    asked = pl.DataFrame(map(json.loads, lines)).select(query_id="_id", text="text")
    asked = asked.filter(pl.col("query_id").is_in([query_id for query_id, _, _ in judged]))
    run = LexicalIndex.build(texts, [doc_id for doc_id, _ in documents], LexicalSettings()).search(
        asked, 100
    )
    qrels = [ir_measures.Qrel(query, doc, int(grade)) for query, doc, grade in judged]
    scored = [ir_measures.ScoredDoc(query, doc, score) for query, doc, _, score in run.iter_rows()]
    assert ir_measures.calc_aggregate([nDCG @ 10], qrels, scored)[nDCG @ 10] >= 0.67
