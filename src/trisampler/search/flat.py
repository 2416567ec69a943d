"""Exact top-K over vectors, the same to the last bit however it is computed.

A fast method lists the documents that can be among a query's best; those are scored exactly and
put in the one order (`products`, `order`). A query whose list a method cannot prove complete goes
to the next method, the last of which needs no list. So block sizes, threads, the neighbours of a
query and the hardware decide how long it takes, never what is found.

Shapes: Q queries, N documents, D dimensions, K results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trisampler.progress import progress_bar
from trisampler.search.arrays import Int32, Int64
from trisampler.search.errors import SearchError
from trisampler.search.order import FILLER, MOST_ROWS, TopK, rank, rows_of, scores_of
from trisampler.search.products import score_rows
from trisampler.search.shortlist import Shortlister
from trisampler.search.ties import search_ties
from trisampler.search.vectors import VectorBlock, VectorBlocks, Vectors
from trisampler.threads import even_parts, in_threads

# Products of one number with another, below which starting PyTorch takes longer than FAISS.
_WORTH_PYTORCH = 10**11

_RANKED_AT_ONCE = 256


@dataclass(frozen=True)
class SearchMemory:
    """What a search holds at a time, besides its result.

    Attributes:
        corpus_bytes: documents' vectors, in bytes of float32; where they are also rounded to
            bfloat16, half as much comes on top.
        queries: queries; each takes about 40 KiB while it is searched for.
    """

    corpus_bytes: int = 160 << 20
    queries: int = 2048


DEFAULT_MEMORY = SearchMemory()


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
        _check(corpus, depth)
        self._corpus = VectorBlocks(corpus, "document", _block_rows(corpus, memory))
        self._depth = min(depth, self._corpus.count)
        self._queries_at_once = memory.queries
        self._methods = list(methods) or _methods(expected, self._corpus, self._depth)

    def best(self, queries: Vectors) -> TopK:
        """The best documents of some queries."""
        _check_dimensions(queries, self._corpus.source)
        blocks = VectorBlocks(queries, "query", self._queries_at_once)
        rows_QK = np.empty((blocks.count, self._depth), dtype=np.int32)
        scores_QK = np.empty(rows_QK.shape, dtype=np.float32)
        for block in _watched(blocks):
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
            keys_QK[done_Q] = self._ranked(_some(queries, done_Q), found.rows_QW[found.complete_Q])
            if method is not self._methods[-1] and 2 * len(done_Q) < len(open_Q):
                self._methods.remove(method)  # this corpus does not suit it
            floor_Q[open_Q] = np.maximum(floor_Q[open_Q], found.floor_Q)
            open_Q = open_Q[~found.complete_Q]
            if not len(open_Q):
                return keys_QK
        rest = _some(queries, open_Q)
        keys_QK[open_Q] = search_ties(rest, self._corpus, self._depth, floor_Q[open_Q])
        return keys_QK

    def _ranked(self, queries: VectorBlock, rows_QW: Int32) -> Int64:
        blocks, places_QW = self._corpus.holding(rows_QW)
        scores_QW = score_rows(queries, blocks, places_QW)
        keys_QK = np.empty((len(rows_QW), self._depth), dtype=np.int64)

        def rank_some(part: slice) -> None:
            keys_QK[part] = rank(rows_QW[part], scores_QW[part], self._depth)

        in_threads(rank_some, even_parts(len(rows_QW), _RANKED_AT_ONCE, least=64))
        return keys_QK


def _some(queries: VectorBlock, chosen_Q: Int64) -> VectorBlock:
    if len(chosen_Q) == len(queries.norms_N):
        return queries
    return VectorBlock(queries.start, queries.vectors_ND[chosen_Q], queries.norms_N[chosen_Q])


def _check(corpus: Vectors, depth: int) -> None:
    documents = len(corpus.ids)
    if depth < 1:
        raise SearchError(f"A search depth of {depth} asks for no documents: make it 1 or more.")
    if not documents:
        raise SearchError("The corpus has no vectors to search in: embed some documents first.")
    if documents > MOST_ROWS:
        raise SearchError(f"{documents} documents are more than one search holds: split them.")


def _check_dimensions(queries: Vectors, corpus: Vectors) -> None:
    if queries.dimension != corpus.dimension:
        raise SearchError(
            f"Query vectors have {queries.dimension} dimensions and document vectors "
            f"{corpus.dimension}: they come from different encoders. Embed both with the same."
        )


def _block_rows(corpus: Vectors, memory: SearchMemory) -> int:
    """All documents where they fit; otherwise a quarter, for then as much as four blocks meet."""
    # The former one, the next one, both rounded, and one of documents that are scored exactly.
    fitting = memory.corpus_bytes // (4 * corpus.dimension)
    return fitting if len(corpus.ids) <= fitting else max(1, fitting // 4)


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


def _watched(queries: VectorBlocks) -> Iterator[VectorBlock]:
    """The blocks, with a progress bar where there are several."""
    if len(queries) < 2:
        yield from queries
        return
    with progress_bar(queries.count, "searching", "query") as bar:
        for block in queries:
            yield block
            bar.update(len(block.norms_N))
