"""Exact search for queries whose K-th best score ties, or nearly ties, with too many others.

Shapes: Q queries, K results, T documents of a tile, W columns of documents above the floor.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trisampler.search.arrays import Bool, Float64, Int32, Int64
from trisampler.search.order import FILLER, best_keys, rank, scores_of
from trisampler.search.products import score_rows
from trisampler.search.rounding import float32_error
from trisampler.search.vectors import VectorBlock, VectorBlocks

_QUERIES_AT_ONCE = 256
_TILE = 2048


def search_ties(queries: VectorBlock, corpus: VectorBlocks, depth: int, floor_Q: Float64) -> Int64:
    """Order keys (Q, K) of the best rows: whatever may reach the floor is scored exactly.

    Args:
        queries: the queries.
        corpus: the documents.
        depth: K, at most the rows of the corpus.
        floor_Q: what each query's K-th best exact score reaches.
    """
    error_Q = float32_error(queries.norms_N, corpus.largest_norm(), corpus.dimension)
    keys_QK = np.full((len(floor_Q), depth), FILLER, dtype=np.int64)
    for block in corpus:
        for tile in _tiles(block):
            for first in range(0, len(floor_Q), _QUERIES_AT_ONCE):
                part = slice(first, first + _QUERIES_AT_ONCE)
                some = VectorBlock(first, queries.vectors_ND[part], queries.norms_N[part])
                floor = np.maximum(floor_Q[part], _reached(keys_QK[part])) - error_Q[part]
                keys_QK[part] = _merge_tile(some, tile, keys_QK[part], floor)
    return keys_QK


def _tiles(block: VectorBlock) -> Iterator[VectorBlock]:
    for first in range(0, len(block.vectors_ND), _TILE):
        rows = slice(first, first + _TILE)
        yield VectorBlock(block.start + first, block.vectors_ND[rows], block.norms_N[rows])


def _reached(keys_QK: Int64) -> Float64:
    """The K-th best exact score so far; -infinity where there are fewer."""
    last_Q = keys_QK[:, -1]
    return np.where(last_Q == FILLER, -np.inf, scores_of(last_Q).astype(np.float64))


def _merge_tile(queries: VectorBlock, tile: VectorBlock, keys_QK: Int64, floor_Q: Float64) -> Int64:
    above_QT = queries.vectors_ND @ tile.vectors_ND.T >= floor_Q[:, None]
    if not above_QT.any():
        return keys_QK
    depth = keys_QK.shape[1]
    rows_QW = _listed(above_QT, tile.start)
    fresh_QW = rank(rows_QW, score_rows(queries, [tile], rows_QW), depth)
    return best_keys(np.concatenate([keys_QK, fresh_QW], axis=1), depth)


def _listed(above_QT: Bool, start: int) -> Int32:
    """Rows (Q, W) of the true cells, -1 behind the last of a query."""
    count_Q = above_QT.sum(axis=1)
    query_P, column_P = np.nonzero(above_QT)
    first_Q = np.cumsum(count_Q) - count_Q
    rows_QW = np.full((len(count_Q), int(count_Q.max())), -1, dtype=np.int32)
    rows_QW[query_P, np.arange(len(query_P)) - first_Q[query_P]] = column_P + start
    return rows_QW
