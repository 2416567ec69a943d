"""Shortlists by FAISS: exact search in float32, the corpus streamed in blocks.

Shapes: Q queries, K results, W columns of the shortlist.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Int64
from trisampler.search.order import best_keys, order_keys
from trisampler.search.rounding import float32_error
from trisampler.search.shortlist import Shortlist, cut_shortlist
from trisampler.search.vectors import VectorBlock, VectorBlocks

# Documents beyond K that are fetched, to see that the K-th best is clear of the next.
SLACK = 16


def shortlist_by_faiss(queries: VectorBlock, corpus: VectorBlocks, depth: int) -> Shortlist:
    """The best rows of each query by float32 inner products."""
    width = min(depth + SLACK, corpus.count)
    keys_QW: Int64 | None = None
    for block in corpus:
        found_QW = _search_block(queries, block, width)
        if keys_QW is None:
            keys_QW = best_keys(found_QW, width)
        else:
            keys_QW = best_keys(np.concatenate([keys_QW, found_QW], axis=1), width)
    assert keys_QW is not None, "a corpus has a block"
    error_Q = float32_error(queries.norms_N, corpus.largest_norm(), corpus.dimension)
    return cut_shortlist(keys_QW, depth, error_Q, exhaustive=width == corpus.count)


def _search_block(queries: VectorBlock, block: VectorBlock, width: int) -> Int64:
    import faiss

    scores_QW, rows_QW = faiss.knn(
        queries.vectors_ND,
        block.vectors_ND,
        min(width, len(block.vectors_ND)),
        metric=faiss.METRIC_INNER_PRODUCT,
    )
    return order_keys(scores_QW, rows_QW + block.start)
