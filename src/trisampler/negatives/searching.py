"""Drawing without candidates at hand: they are searched for, some thousand queries at a time.

What is held besides vectors and result does not grow with the number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler.negatives.arrays import Int64
from trisampler.negatives.drawn import BlockDraw
from trisampler.negatives.lists import CandidateLists
from trisampler.negatives.miner import Miner, draw_pairs
from trisampler.negatives.pools import Pools
from trisampler.negatives.settings import Pool
from trisampler.negatives.tables import candidate_lists
from trisampler.search.vectors import SelectedVectors, Vectors

if TYPE_CHECKING:
    from trisampler.search.flat import FlatSearch
    from trisampler.search.lexical import LexicalIndex

QUERIES_AT_ONCE = 2048

Search = Callable[[range, Int64], CandidateLists]
"""Rows of some queries, and the rows of their positives, to the lists of one pool."""


def unsearched_pools(
    searches: Mapping[Pool, Search], names: Sequence[Pool], corpus_offered: int
) -> Pools:
    """The pools of these names, their lists still empty.

    Raises:
        NegativesError: there is no search for one of them.
    """
    empty = CandidateLists.from_matrix(np.empty((0, 1), np.int64), np.empty((0, 1), np.float32))
    return Pools(names, dict.fromkeys(searches, empty), corpus_offered)


def search_and_draw(
    miner: Miner,
    searches: Mapping[Pool, Search],
    done: Callable[[int], object] = lambda _: None,
) -> Iterator[BlockDraw]:
    """Draw the negatives of all pairs of the miner's material, some thousand queries at a time.

    Args:
        miner: what to draw with, its pools unsearched.
        searches: one for each pool but `corpus`; those of other pools are not called.
        done: told how many pairs each block had.
    """
    material = miner.material
    query_P, positive_P = np.divmod(material.positive_keys_X, material.total)
    for start in range(0, len(material.query_ids), QUERIES_AT_ONCE):
        queries = range(start, min(start + QUERIES_AT_ONCE, len(material.query_ids)))
        low, high = (int(each) for each in np.searchsorted(query_P, [start, queries.stop]))
        if low == high:
            continue
        lists: dict[Pool, CandidateLists] = {
            name: searches[name](queries, positive_P[low:high])
            for name in miner.pools.names
            if name != "corpus"
        }
        pools = replace(miner.pools, lists=lists)
        yield draw_pairs(replace(miner, pools=pools), pairs=range(low, high), done=done)


def nearest_to_queries(queries: Vectors, corpus: Vectors, depth: int) -> Search:
    """An exact search for each query's nearest documents."""
    nearest = _Nearest(queries, corpus, depth)

    def search(rows: range, _: Int64) -> CandidateLists:
        return replace(nearest.to(np.array(rows, dtype=np.int64)), first=rows.start)

    return search


def nearest_to_positives(corpus: Vectors, total: int, depth: int) -> Search:
    """An exact search for each positive's nearest documents."""
    nearest = _Nearest(corpus, corpus, depth)

    def search(_: range, positives: Int64) -> CandidateLists:
        rows = np.unique(positives)
        found = nearest.to(rows)
        lengths_N = np.zeros(total, dtype=np.int64)
        lengths_N[rows] = np.diff(found.starts)
        return replace(found, starts=np.concatenate([[0], np.cumsum(lengths_N)]))

    return search


def lexical_hits(
    index: LexicalIndex, queries: pl.DataFrame, document_ids: Sequence[str], depth: int
) -> Search:
    """BM25's best documents of each query.

    Args:
        index: of the documents.
        queries: query_id and text, sorted by query_id.
        document_ids: in the order of rows.
        depth: documents of each query.
    """

    def search(rows: range, _: Int64) -> CandidateLists:
        asked = queries[rows.start : rows.stop]
        hits = index.search(asked, depth)
        lists = candidate_lists(hits, asked["query_id"].to_list(), document_ids, "BM25's hits")
        return replace(lists, first=rows.start)

    return search


class _Nearest:
    """Exact search; what it makes of the corpus is made once, when it is first asked."""

    def __init__(self, owners: Vectors, corpus: Vectors, depth: int) -> None:
        self._owners, self._corpus, self._depth = owners, corpus, depth

    @cached_property
    def _search(self) -> FlatSearch:
        from trisampler.search.flat import FlatSearch

        return FlatSearch(self._corpus, self._depth, len(self._owners.ids))

    def to(self, rows: Int64) -> CandidateLists:
        """The documents nearest to these owners."""
        found = self._search.best(SelectedVectors(self._owners, rows))
        return CandidateLists.from_matrix(found.rows_QK.astype(np.int64), found.scores_QK)
