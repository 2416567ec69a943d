"""Ranked documents as tables."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from search.samples import clustered, embeddings, naive_search
from trisampler.search.candidates import (
    RANKED_COLUMNS,
    candidates_table,
    mark_positives,
)
from trisampler.search.dense import search_neighbours, search_queries
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.order import TopK

DOCUMENTS = ["a", "b", "c", "é"]
FOUND = TopK(
    np.array([[3, 0], [1, 2]], dtype=np.int32),
    np.array([[0.5, 0.25], [2.0, -1.0]], dtype=np.float32),
)


def table(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RANKED_COLUMNS, orient="row")


def test_table_of_results() -> None:
    made = candidates_table(["q1", "q2"], DOCUMENTS, FOUND)
    expected = table(
        ("q1", "é", 1, 0.5), ("q1", "a", 2, 0.25), ("q2", "b", 1, 2.0), ("q2", "c", 2, -1.0)
    )
    assert made.equals(expected)
    assert made.schema == expected.schema


def test_positives_are_marked() -> None:
    judgements = pl.DataFrame(
        {"query_id": ["q1", "q1", "q2"], "doc_id": ["a", "é", "a"], "relevance": [0, 2, 1]}
    )
    marked = mark_positives(candidates_table(["q1", "q2"], DOCUMENTS, FOUND), judgements)
    assert marked["positive"].to_list() == [True, False, False, False]
    assert marked["doc_id"].to_list() == ["é", "a", "b", "c"]


def test_searching_for_some_queries_is_searching_for_all() -> None:
    queries, corpus = embeddings(clustered(0, 9, 8), "q"), embeddings(clustered(1, 50, 8))
    everything = candidates_table(queries.ids, corpus.ids, search_flat(queries, corpus, 5))
    some = pl.Series(["q000007", "q000002", None, "q000007"])
    found = search_queries(queries, corpus, some, 5)
    assert found.equals(everything.filter(pl.col("query_id").is_in(["q000002", "q000007"])))


def test_searching_for_none_gives_an_empty_table() -> None:
    sample = embeddings(clustered(0, 9, 8))
    found = search_queries(sample, sample, pl.Series([], dtype=pl.String), 5)
    assert found.equals(table())


def test_query_without_a_vector_is_named() -> None:
    sample = embeddings(clustered(0, 9, 8))
    with pytest.raises(SearchError, match="'nobody' has no vector"):
        search_queries(sample, sample, pl.Series(["d000001", "nobody"]), 5)


@pytest.mark.parametrize("lengths", ["equal", "different"])
def test_neighbours_are_the_nearest_other_documents(lengths: str) -> None:
    vectors = clustered(1, 40, 8)
    if lengths == "different":  # a short document is not its own nearest
        vectors *= np.random.default_rng(0).uniform(0.1, 3, size=(40, 1)).astype(np.float32)
    corpus = embeddings(vectors)
    some = pl.Series(["d000030", "d000004", "d000030"])
    found = search_neighbours(corpus, some, 6)
    assert found.schema == table().schema
    for row, doc_id in ((4, "d000004"), (30, "d000030")):
        naive = naive_search(vectors[[row]], vectors, 40)
        others = [
            (corpus.ids[other], score)
            for other, score in zip(naive.rows_QK[0], naive.scores_QK[0], strict=True)
            if other != row
        ]
        own = found.filter(query_id=doc_id)
        assert own["rank"].to_list() == [1, 2, 3, 4, 5, 6]
        assert list(own.select("doc_id", "score").iter_rows()) == others[:6]
    assert found.height == 12


def test_a_document_hidden_behind_its_copies_has_no_more_neighbours_than_asked_for() -> None:
    found = search_neighbours(embeddings(np.ones((9, 4))), pl.Series(["d000000"]), 3)
    assert found["doc_id"].to_list() == ["d000008", "d000007", "d000006"]


def test_the_only_document_has_no_neighbours() -> None:
    assert search_neighbours(embeddings(np.ones((1, 4))), pl.Series(["d000000"]), 3).equals(table())
