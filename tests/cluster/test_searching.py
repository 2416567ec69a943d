"""Two nodes find, and negatives are, what one process finds and draws, to the last bit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from search.samples import clustered, embeddings, same
from trisampler.cluster import searching
from trisampler.cluster.searching import search_by
from trisampler.cluster.settings import ClusterSettings
from trisampler.search.dense import search_neighbours, search_queries
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several for each worker, and queries in several parts."""
    monkeypatch.setattr(searching, "_SHARD_BYTES", 4 * 32 * 1000)
    monkeypatch.setattr(searching, "_QUERIES", 200)


def test_results_are_the_same_ties_and_all(two_nodes: ClusterSettings) -> None:
    corpus = np.concatenate([clustered(2, 4_900, 32), np.ones((500, 32), dtype=np.float32)])
    queries = np.concatenate([clustered(1, 490, 32), np.ones((10, 32), dtype=np.float32)])
    asked, searched = embeddings(queries, "q"), embeddings(corpus)
    search = search_by(two_nodes)
    assert same(search(asked, searched, 60), search_flat(asked, searched, 60))
    few = embeddings(corpus[:3])
    assert same(search(asked, few, 60), search_flat(asked, few, 60))


def test_tables_are_the_same(two_nodes: ClusterSettings) -> None:
    corpus, queries = embeddings(clustered(2, 3_000, 32)), embeddings(clustered(1, 50, 32), "q")
    search = search_by(two_nodes)
    asked = pl.Series(queries.ids[::2])
    assert search_queries(queries, corpus, asked, 20, search).equals(
        search_queries(queries, corpus, asked, 20)
    )
    some = pl.Series(corpus.ids[::60])
    assert search_neighbours(corpus, some, 20, search).equals(search_neighbours(corpus, some, 20))


def test_a_vector_that_is_no_number_is_named_as_ever(two_nodes: ClusterSettings) -> None:
    broken = clustered(2, 3_000, 32)
    broken[2_345, 7] = np.nan
    with pytest.raises(SearchError, match="document 'd002345' is NaN"):
        search_by(two_nodes)(embeddings(clustered(1, 5, 32), "q"), embeddings(broken), 10)


@pytest.mark.parametrize(("queries", "documents"), [(0, 5), (5, 0)])
def test_nothing_to_search_for_or_in_is_as_ever(
    two_nodes: ClusterSettings, queries: int, documents: int
) -> None:
    asked, searched = embeddings(np.ones((queries, 4)), "q"), embeddings(np.ones((documents, 4)))
    if documents:
        assert search_by(two_nodes)(asked, searched, 3).rows_QK.shape == (0, 3)
    else:
        with pytest.raises(SearchError, match="no vectors to search in"):
            search_by(two_nodes)(asked, searched, 3)
