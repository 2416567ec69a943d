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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from trisampler.search.arrays import Float32, Float64, Int64, Rows
from trisampler.search.rounding import float64_error
from trisampler.search.vectors import VectorBlock

_QUERIES_A_TASK = 64
_PAIRS_A_STEP = 256  # gathered rows of one step stay in the processor's cache


@dataclass(frozen=True)
class _Pairs:
    """Pairs sorted by query: those of query q are at `starts_Q1[q]` to `starts_Q1[q + 1]`."""

    starts_Q1: Int64
    rows_P: Int64


def score_rows(queries: VectorBlock, corpus: Iterable[VectorBlock], rows_QW: Rows) -> Float32:
    """Canonical scores (Q, W) of each query with its rows of the corpus, 0 where a row is -1."""
    width = rows_QW.shape[1]
    flat_rows = rows_QW.reshape(-1)
    scores = np.zeros(flat_rows.shape, dtype=np.float32)
    for block in corpus:
        chosen_P = np.flatnonzero((flat_rows >= block.start) & (flat_rows < block.stop))
        starts_Q1 = np.searchsorted(chosen_P, np.arange(len(rows_QW) + 1) * width)
        pairs = _Pairs(starts_Q1, flat_rows[chosen_P].astype(np.int64) - block.start)
        scores[chosen_P] = _score_pairs(queries, block, pairs)
    return scores.reshape(rows_QW.shape)


def exact_product(left_D: Float32, right_D: Float32) -> float:
    """The inner product of two float32 vectors, rounded once, to float64."""
    # A product of two float32 numbers has 48 bits, so it is exact in float64.
    return math.fsum((left_D.astype(np.float64) * right_D).tolist())


def _score_pairs(queries: VectorBlock, block: VectorBlock, pairs: _Pairs) -> Float32:
    sums_P = np.empty(len(pairs.rows_P), dtype=np.float64)

    def sum_some(first: int) -> None:
        _sum_products(queries.vectors_ND, block.vectors_ND, pairs, first, sums_P)

    in_threads(sum_some, range(0, len(queries.vectors_ND), _QUERIES_A_TASK))
    query_P = np.repeat(np.arange(len(queries.norms_N)), np.diff(pairs.starts_Q1))
    error_P = float64_error(
        queries.norms_N[query_P], block.norms_N[pairs.rows_P], block.vectors_ND.shape[1]
    )
    lower_P = (sums_P - 2 * error_P).astype(np.float32)
    upper_P = (sums_P + 2 * error_P).astype(np.float32)
    for pair in np.flatnonzero(lower_P != upper_P):
        query, row = int(query_P[pair]), int(pairs.rows_P[pair])
        sums_P[pair] = exact_product(queries.vectors_ND[query], block.vectors_ND[row])
    return sums_P.astype(np.float32)


def _sum_products(
    left_QD: Float32, right_ND: Float32, pairs: _Pairs, first: int, sums_P: Float64
) -> None:
    """Inner products, in float64, of the pairs of one task's queries, written to `sums_P`."""
    narrow = np.empty((_PAIRS_A_STEP, right_ND.shape[1]), dtype=np.float32)
    wide = np.empty(narrow.shape, dtype=np.float64)
    for query in range(first, min(first + _QUERIES_A_TASK, len(left_QD))):
        left_D = left_QD[query].astype(np.float64)
        for begin, end in _steps(int(pairs.starts_Q1[query]), int(pairs.starts_Q1[query + 1])):
            count = end - begin
            # "clip" spares the copy that "raise" makes; the rows are inside the block.
            np.take(right_ND, pairs.rows_P[begin:end], axis=0, out=narrow[:count], mode="clip")
            wide[:count] = narrow[:count]
            np.vecdot(wide[:count], left_D, out=sums_P[begin:end])


def _steps(begin: int, end: int) -> Iterator[tuple[int, int]]:
    for first in range(begin, end, _PAIRS_A_STEP):
        yield first, min(first + _PAIRS_A_STEP, end)


def in_threads(task: Callable[[int], None], arguments: range) -> None:
    """Call `task` with each argument, on as many threads as FAISS may use."""
    import faiss

    threads = min(faiss.omp_get_max_threads(), len(arguments))
    if threads <= 1:
        for argument in arguments:
            task(argument)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(task, arguments):
            pass
