"""Exact top-K over vectors, the same to the last bit however it is computed.

A fast method lists the documents that can be among a query's best; those are scored exactly and
put in the one order (`rescoring`). A query whose list a method cannot prove complete goes
to the next method, the last of which needs no list. So block sizes, threads, the neighbours of a
query and the hardware decide how long it takes, never what is found.

Shapes: Q queries, N documents, D dimensions, K results.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np

from trisampler.search.arrays import Int64
from trisampler.search.inputs import (
    DEFAULT_MEMORY,
    SearchMemory,
    corpus_blocks,
    query_blocks,
    watched,
)
from trisampler.search.order import FILLER, TopK, rows_of, scores_of
from trisampler.search.rescoring import best_listed
from trisampler.search.shortlist import Shortlister
from trisampler.search.ties import search_ties
from trisampler.search.vectors import VectorBlock, VectorBlocks, Vectors

# Products of one number with another, below which starting PyTorch takes longer than FAISS.
_WORTH_PYTORCH = 10**11

Search = Callable[[Vectors, Vectors, int], TopK]
"""Queries, corpus, depth -> the documents with the greatest inner products, as `search_flat` finds
them."""


def search_flat(
    queries: Vectors,
    corpus: Vectors,
    depth: int,
    memory: SearchMemory = DEFAULT_MEMORY,
    methods: Sequence[Shortlister] = (),
) -> TopK:
    """The documents with the greatest inner products, exactly.

    Args:
        queries: Q vectors.
        corpus: N vectors, read in blocks.
        depth: how many documents of each query.
        memory: what to hold at a time.
        methods: ways to make shortlists, the fastest first; by default what suits this machine.
            Neither they nor the memory change anything in the result.

    Returns:
        K = min(depth, N) rows of the corpus and canonical scores of each query, in the one order.

    Raises:
        SearchError: dimensions differ, nothing to search in, or a vector that is NaN or infinite,
            naming its id.
    """
    return FlatSearch(corpus, depth, len(queries.ids), memory, methods).best(queries)


class FlatSearch:
    """A search for queries that come by and by; see `search_flat`.

    What it makes of the corpus is made once.

    Args:
        corpus: N vectors, read in blocks.
        depth: how many documents of each query.
        expected: how many queries will come, to choose the methods by.
        memory: what to hold at a time.
        methods: ways to make shortlists; by default what suits this machine.
    """

    def __init__(
        self,
        corpus: Vectors,
        depth: int,
        expected: int,
        memory: SearchMemory = DEFAULT_MEMORY,
        methods: Sequence[Shortlister] = (),
    ) -> None:
        self._corpus = corpus_blocks(corpus, depth, memory)
        self._depth = min(depth, self._corpus.count)
        self._memory = memory
        self._methods = list(methods) or _methods(expected, self._corpus, self._depth)

    def best(self, queries: Vectors) -> TopK:
        """The best documents of some queries."""
        blocks = query_blocks(queries, self._corpus.source, self._memory)
        rows_QK = np.empty((blocks.count, self._depth), dtype=np.int32)
        scores_QK = np.empty(rows_QK.shape, dtype=np.float32)
        for block in watched(blocks, "searching", "query"):
            keys_QK = self._best_keys(block)
            rows_QK[block.start : block.stop] = rows_of(keys_QK)
            scores_QK[block.start : block.stop] = scores_of(keys_QK)
        return TopK(rows_QK, scores_QK)

    def _best_keys(self, queries: VectorBlock) -> Int64:
        """Order keys (Q, K) of the best rows of each query."""
        keys_QK = np.full((len(queries.norms_N), self._depth), FILLER, dtype=np.int64)
        floor_Q = np.full(len(keys_QK), -np.inf)
        open_Q = np.arange(len(keys_QK))
        for method in tuple(self._methods):
            found = method(_some(queries, open_Q), self._corpus, self._depth)
            done_Q = open_Q[found.complete_Q]
            keys_QK[done_Q] = best_listed(
                _some(queries, done_Q),
                self._corpus,
                found.rows_QW[found.complete_Q],
                self._depth,
            )
            if method is not self._methods[-1] and 2 * len(done_Q) < len(open_Q):
                self._methods.remove(method)  # this corpus does not suit it
            floor_Q[open_Q] = np.maximum(floor_Q[open_Q], found.floor_Q)
            open_Q = open_Q[~found.complete_Q]
            if not len(open_Q):
                return keys_QK
        rest = _some(queries, open_Q)
        keys_QK[open_Q] = search_ties(rest, self._corpus, self._depth, floor_Q[open_Q])
        return keys_QK


def _some(queries: VectorBlock, chosen_Q: Int64) -> VectorBlock:
    if len(chosen_Q) == len(queries.norms_N):
        return queries
    return VectorBlock(queries.start, queries.vectors_ND[chosen_Q], queries.norms_N[chosen_Q])


def _methods(queries: int, corpus: VectorBlocks, depth: int) -> list[Shortlister]:
    """Ways to make shortlists for so many queries here, the fastest first."""
    from trisampler.search.shortlist_faiss import shortlist_by_faiss

    products = queries * corpus.count * corpus.dimension
    if products < _WORTH_PYTORCH and "torch" not in sys.modules:
        return [shortlist_by_faiss]
    import torch

    from trisampler.encoders.precision import cpu_computes_bfloat16
    from trisampler.search import shortlist_bfloat16
    from trisampler.search.shortlist_cuda import shortlister_on

    if torch.cuda.is_available():
        return [shortlister_on(torch.device("cuda"))]
    if cpu_computes_bfloat16() and shortlist_bfloat16.is_worthwhile(queries, corpus.count, depth):
        return [shortlist_bfloat16.shortlist_by_bfloat16, shortlist_by_faiss]
    return [shortlist_by_faiss]
