"""Search among listed documents: an index names them, the corpus's own vectors score them.

What is found is a function of the query, the corpus and the index, whatever the blocks and threads.

Shapes: Q queries, K results, W columns of the list, D dimensions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from trisampler.search.arrays import Float32, Int32
from trisampler.search.flat import Search
from trisampler.search.inputs import SearchMemory, corpus_blocks, query_blocks, watched
from trisampler.search.order import FILLER, TopK, rows_of, scores_of
from trisampler.search.rescoring import best_listed
from trisampler.search.vectors import SelectedVectors, Vectors

_LOGGER = logging.getLogger(__name__)

# Documents beyond K that are listed at least: an index may swap near-ties at the end of its list.
_SLACK = 16

Lister = Callable[[Float32, int], Int32]
"""Queries (Q, D) and W -> rows (Q, W), -1 behind the last one; of each query by itself."""


def search_listed(
    queries: Vectors,
    corpus: Vectors,
    depth: int,
    lister: Lister,
    rescored: int,
    memory: SearchMemory,
) -> TopK:
    """The best of `rescored` times K listed documents of each query, scored exactly.

    Returns:
        Rows and scores (Q, K); rows are -1 behind the last document of a query that fewer are
        listed for.

    Raises:
        SearchError: as `search_flat` does.
    """
    documents = corpus_blocks(corpus, depth, memory)
    depth = min(depth, documents.count)
    width = min(max(depth * rescored, depth + _SLACK), documents.count)
    blocks = query_blocks(queries, corpus, memory)
    rows_QK = np.empty((blocks.count, depth), dtype=np.int32)
    scores_QK = np.empty(rows_QK.shape, dtype=np.float32)
    for block in watched(blocks, "searching", "query"):
        rows_QW = lister(block.vectors_ND, width)
        keys_QK = best_listed(block, documents, rows_QW, depth)
        part = slice(block.start, block.stop)
        rows_QK[part] = np.where(keys_QK == FILLER, -1, rows_of(keys_QK))
        scores_QK[part] = scores_of(keys_QK)
    return TopK(rows_QK, scores_QK)


def search_rest(found: TopK, queries: Vectors, corpus: Vectors, exact: Search) -> TopK:
    """What `search_listed` found, and for queries with fewer than K what exact search finds.

    A warning says how many these are, for each takes as long as it does without an index.
    """
    queries_count, depth = found.rows_QK.shape
    rest_Q = np.flatnonzero((found.rows_QK < 0).any(axis=1))
    if not len(rest_Q):
        return found
    _LOGGER.warning(
        "The index lists fewer than %d documents for %d of %d queries: these are searched for "
        "exactly. A greater search.nprobe or search.ef_search lists more.",
        depth,
        len(rest_Q),
        queries_count,
    )
    rest = exact(SelectedVectors(queries, rest_Q), corpus, depth)
    rows_QK, scores_QK = found.rows_QK.copy(), found.scores_QK.copy()
    rows_QK[rest_Q], scores_QK[rest_Q] = rest.rows_QK, rest.scores_QK
    return TopK(rows_QK, scores_QK)
