"""The canonical score of a (query, document) pair: its exact inner product, rounded.

Matrix products sum in an order that depends on block shapes, threads and hardware, so their last
bits do too. Here the score of a pair is the exact inner product of the two float32 vectors,
rounded to float64 and then to float32: a function of the two vectors and of nothing else. It is
computed in float64; the few sums that lie so near the border between two float32 numbers that the
error of float64 could matter are summed again without error.

Shapes: Q queries, W columns of rows, N documents, D dimensions, P pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from trisampler.search.arrays import Float32, Float64, Int64, Rows
from trisampler.search.rounding import float64_error
from trisampler.search.vectors import VectorBlock
from trisampler.threads import even_parts, in_threads

_QUERIES_A_TASK = 64
_PAIRS_A_STEP = 320  # gathered rows of one step stay in the processor's cache


def score_rows(queries: VectorBlock, corpus: Iterable[VectorBlock], rows_QW: Rows) -> Float32:
    """Canonical scores (Q, W) of each query with its rows of the corpus, 0 where a row is -1."""
    scores_QW = np.zeros(rows_QW.shape, dtype=np.float32)
    for block in corpus:

        def score_some(part: slice, block: VectorBlock = block) -> None:
            some = VectorBlock(part.start, queries.vectors_ND[part], queries.norms_N[part])
            _score_within(some, block, rows_QW[part], scores_QW[part])

        in_threads(score_some, even_parts(len(rows_QW), _QUERIES_A_TASK, least=16))
    return scores_QW


def exact_product(left_D: Float32, right_D: Float32) -> float:
    """The inner product of two float32 vectors, rounded once, to float64."""
    # A product of two float32 numbers has 48 bits, so it is exact in float64.
    return math.fsum((left_D.astype(np.float64) * right_D).tolist())


def _score_within(
    queries: VectorBlock, block: VectorBlock, rows_QW: Rows, scores_QW: Float32
) -> None:
    """Write the scores of the rows that are in the block."""
    query_P, column_P = np.nonzero((rows_QW >= block.start) & (rows_QW < block.stop))
    row_P = rows_QW[query_P, column_P].astype(np.int64) - block.start
    sums_P = _sum_products(queries.vectors_ND, block.vectors_ND, query_P, row_P)
    error_P = float64_error(
        queries.norms_N[query_P], block.norms_N[row_P], block.vectors_ND.shape[1]
    )
    lower_P = (sums_P - 2 * error_P).astype(np.float32)
    upper_P = (sums_P + 2 * error_P).astype(np.float32)
    for pair in np.flatnonzero(lower_P != upper_P):
        query, row = int(query_P[pair]), int(row_P[pair])
        sums_P[pair] = exact_product(queries.vectors_ND[query], block.vectors_ND[row])
    scores_QW[query_P, column_P] = sums_P


def _sum_products(left_QD: Float32, right_ND: Float32, query_P: Int64, row_P: Int64) -> Float64:
    """Inner products, in float64, of pairs sorted by query."""
    sums_P = np.empty(len(row_P), dtype=np.float64)
    narrow = np.empty((_PAIRS_A_STEP, right_ND.shape[1]), dtype=np.float32)
    wide = np.empty(narrow.shape, dtype=np.float64)
    starts_Q1 = np.searchsorted(query_P, np.arange(len(left_QD) + 1))
    for left_D, start, stop in zip(left_QD, starts_Q1[:-1], starts_Q1[1:], strict=True):
        wide_left_D = left_D.astype(np.float64)
        for begin in range(start, stop, _PAIRS_A_STEP):
            end = min(begin + _PAIRS_A_STEP, stop)
            count = end - begin
            # "clip" spares the copy that "raise" makes; the rows are inside the block.
            np.take(right_ND, row_P[begin:end], axis=0, out=narrow[:count], mode="clip")
            wide[:count] = narrow[:count]
            np.vecdot(wide[:count], wide_left_D, out=sums_P[begin:end])
    return sums_P
