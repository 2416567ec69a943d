"""All that drawing needs to know besides candidates: vectors, ids, texts and judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from trisampler.negatives.arrays import Int64, UInt64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import KeyedScores
from trisampler.negatives.uniform import UniformDocuments
from trisampler.negatives.vectors import VectorReader
from trisampler.search.vectors import Vectors


@dataclass(frozen=True)
class CorpusMaterial:
    """The documents: made once, however often queries come.

    Attributes:
        vectors: the documents' vectors.
        ids: one per row, strictly increasing.
        classes_N: for each document the first row that has the same text.
        digests_N: 64 bits per document that its noise is made from.
    """

    vectors: Vectors
    ids: Sequence[str]
    classes_N: Int64
    digests_N: UInt64

    def __post_init__(self) -> None:
        if not len(self.ids):
            raise NegativesError("the corpus has no documents, so there is nothing to draw from")
        _check_order("document", self.ids)

    @property
    def total(self) -> int:
        """N, the number of documents."""
        return len(self.ids)

    @cached_property
    def uniform(self) -> UniformDocuments:
        """Uniform draws from the corpus."""
        return UniformDocuments(self.classes_N, self.digests_N)

    @cached_property
    def reader(self) -> VectorReader:
        """Gathers documents' vectors."""
        return VectorReader(self.vectors, self.total)


@dataclass(frozen=True)
class Material:
    """Queries, documents and which belong together.

    Attributes:
        queries: the queries' vectors.
        corpus: the documents.
        query_ids: one per row, strictly increasing.
        query_digests_Q: 64 bits per query that its noise is made from.
        positive_keys_X: strictly increasing query row * N + document row of the judged positives.
        teacher: another model's scores under the same keys.
    """

    queries: Vectors
    corpus: CorpusMaterial
    query_ids: Sequence[str]
    query_digests_Q: UInt64
    positive_keys_X: Int64
    teacher: KeyedScores | None = None

    def __post_init__(self) -> None:
        if self.queries.dimension != self.corpus.vectors.dimension:
            raise NegativesError(
                f"query vectors have {self.queries.dimension} dimensions and document vectors "
                f"{self.corpus.vectors.dimension}; embed both with the same encoder"
            )
        _check_order("query", self.query_ids)

    @property
    def total(self) -> int:
        """N, the number of documents."""
        return self.corpus.total

    @cached_property
    def positive_class_keys_X(self) -> Int64:
        """The positives' keys with each document replaced by its class: sorted, unique."""
        query_X, row_X = np.divmod(self.positive_keys_X, self.total)
        return np.unique(query_X * self.total + self.corpus.classes_N[row_X])


def _check_order(what: str, ids: Sequence[str]) -> None:
    for before, after in pairwise(ids):
        if before >= after:
            raise NegativesError(
                f"{what} id {after!r} follows {before!r}; vectors must be in strictly increasing "
                "order of their ids, so that results do not depend on row order"
            )


@dataclass(frozen=True)
class Block:
    """Some (query, positive) pairs, all pairs of a query next to each other in one block.

    Attributes:
        first: the number of the first pair among all pairs.
        query_P: queries' rows, not decreasing.
        positive_P: positives' rows.
    """

    first: int
    query_P: Int64
    positive_P: Int64

    @cached_property
    def starts_Q(self) -> Int64:
        """The first pair of each query."""
        return np.flatnonzero(np.diff(self.query_P, prepend=-1))

    def key_range(self, total: int) -> tuple[int, int]:
        """The least key of the block's queries, and the first one beyond them."""
        return int(self.query_P[0]) * total, (int(self.query_P[-1]) + 1) * total

    def subset(self, pairs: Int64) -> Block:
        """Those pairs only, numbered from 0."""
        return Block(0, self.query_P[pairs], self.positive_P[pairs])


def blocks_of(keys_P: Int64, total: int, pairs: range, size: int) -> list[Block]:
    """Cut pairs into blocks of about `size` that never part a query's pairs.

    Args:
        keys_P: sorted query * N + document of all pairs.
        total: N.
        pairs: the numbers of those to cut.
        size: pairs in a block; fewer where the next query would not fit, more for a query of more.
    """
    query_P, positive_P = np.divmod(keys_P[pairs.start : pairs.stop], total)
    blocks, start = [], 0
    while start < len(query_P):
        end = len(query_P)
        if start + size < end:
            end = int(np.searchsorted(query_P, query_P[start + size]))
            if end <= start:
                end = int(np.searchsorted(query_P, query_P[start], side="right"))
        blocks.append(Block(pairs.start + start, query_P[start:end], positive_P[start:end]))
        start = end
    return blocks
