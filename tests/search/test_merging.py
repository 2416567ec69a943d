"""Shards merged are one search, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.samples import clustered, embeddings, naive_search, same
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.merging import ShardTopK, merge, search_shard, shard_rows
from trisampler.search.order import TopK
from trisampler.search.vectors import ConsecutiveVectors, SelectedVectors


def vectors_with_ties(seed: int, count: int) -> np.ndarray:
    """Small integers, so that many documents score the same."""
    return np.random.default_rng(seed).integers(-2, 3, (count, 3)).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(
    documents=st.integers(1, 60),
    shards=st.integers(1, 9),
    depth=st.integers(1, 70),
    seed=st.integers(0, 2**32),
)
def test_shards_in_any_order_give_the_naive_result(
    documents: int, shards: int, depth: int, seed: int
) -> None:
    queries, corpus = vectors_with_ties(seed, 3), vectors_with_ties(seed + 1, documents)
    asked, searched = embeddings(queries, "q"), embeddings(corpus)
    ranges = shard_rows(documents, shards)
    np.random.default_rng(seed).shuffle(ranges)
    parts = (search_shard(asked, searched, rows, depth) for rows in ranges)
    assert same(merge(parts, depth), naive_search(queries, corpus, depth))


def test_shards_of_a_larger_corpus_give_what_one_search_gives() -> None:
    queries, corpus = embeddings(clustered(1, 90, 32), "q"), embeddings(clustered(2, 9_000, 32))
    parts = [search_shard(queries, corpus, rows, 50) for rows in shard_rows(9_000, 4)]
    assert same(merge(parts, 50), search_flat(queries, corpus, 50))


@given(rows=st.integers(0, 1000), shards=st.integers(1, 40))
def test_shards_have_every_row_once_and_differ_by_one_at_most(rows: int, shards: int) -> None:
    ranges = shard_rows(rows, shards)
    assert [row for part in ranges for row in part] == list(range(rows))
    assert len(ranges) == min(rows, shards)
    if ranges:
        assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


def test_only_the_rows_of_the_shard_are_read() -> None:
    vectors = np.ones((10, 4), dtype=np.float32)
    vectors[:4] = np.nan
    queries = embeddings(np.ones((1, 4)), "q")
    found = search_shard(queries, embeddings(vectors), range(4, 10), 2)
    assert found.first == 4
    assert merge([found], 2).rows_QK.tolist() == [[9, 8]]


def test_ids_of_a_shard_are_cut_out_once() -> None:
    """Rows are named one by one: a cut for each would take longer than the search."""
    corpus = embeddings(np.ones((10, 4)))
    shard = ConsecutiveVectors(corpus, range(4, 10))
    assert shard.ids is shard.ids
    assert SelectedVectors(shard, np.array([1, 5])).ids == ["d000005", "d000009"]


def test_a_broken_vector_is_named_by_its_own_id() -> None:
    vectors = np.ones((10, 4), dtype=np.float32)
    vectors[7] = np.nan
    with pytest.raises(SearchError, match="document 'd000007'"):
        search_shard(embeddings(np.ones((1, 4)), "q"), embeddings(vectors), range(5, 10), 2)


def part(first: int, rows: list[list[int]]) -> ShardTopK:
    found = np.array(rows, dtype=np.int32)
    return ShardTopK(first, TopK(found, np.ones(found.shape, dtype=np.float32)))


def test_what_cannot_be_merged() -> None:
    with pytest.raises(SearchError, match="no shards"):
        merge([], 3)
    with pytest.raises(SearchError, match="results of 2 queries and another of 1"):
        merge([part(0, [[0]]), part(5, [[0], [1]])], 3)
    with pytest.raises(SearchError, match="in two shards"):
        merge([part(0, [[6, 5]]), part(5, [[1, 0]])], 3)
