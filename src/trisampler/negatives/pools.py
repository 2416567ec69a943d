"""Bringing the candidates of a block's pairs together, from one pool or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from trisampler.negatives.arrays import Float32, Float64, Int32, Int64, UInt64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import CandidateLists, between
from trisampler.negatives.material import Block, Material
from trisampler.negatives.settings import Pool

# Pools whose documents depend on the query alone come first: their columns are the same in all
# pairs of a query.
_ORDER: tuple[Pool, ...] = get_args(Pool)
_SHARED: frozenset[Pool] = frozenset(("encoder", "lexical", "given"))


@dataclass(frozen=True)
class Candidates:
    """K candidate columns for each of P pairs.

    Attributes:
        rows_PK: documents' rows, -1 where a list has ended.
        ranks_PK: rank in its pool, 0 where the pool has none.
        search_scores_PK: the encoder's scores for the first columns, which the pool `encoder`
            brings along; the rest is to be computed.
        order_log_probability_PK: how likely the pool put the document there.
        sources: the pool of each column.
        shared: how many leading columns are the same in all pairs of a query.
    """

    rows_PK: Int64
    ranks_PK: Int32
    search_scores_PK: Float32
    order_log_probability_PK: Float64
    sources: tuple[Pool, ...]
    shared: int

    @property
    def order_K(self) -> Int64:
        """Each column's place where the pools take turns: their first columns, their second ones.

        Of one pool alone the order is its own.
        """
        _, starts = np.unique(self.sources, return_index=True)
        number_K = np.arange(len(self.sources))
        start_K = np.maximum.accumulate(np.where(np.isin(number_K, starts), number_K, 0))
        order_K = np.empty_like(number_K)
        order_K[np.argsort(number_K - start_K, kind="stable")] = number_K
        return order_K


@dataclass(frozen=True)
class Pools:
    """The pools a sampler draws from.

    Attributes:
        names: which.
        lists: candidates per query, or per document for `neighbours`; none for `corpus`.
        corpus_candidates: how many uniform documents the pool `corpus` offers each pair.
    """

    names: Sequence[Pool]
    lists: Mapping[Pool, CandidateLists]
    corpus_candidates: int

    def __post_init__(self) -> None:
        for name in self.names:
            if name != "corpus" and name not in self.lists:
                raise NegativesError(
                    f"candidates are to come from the pool {name!r}, but no table for it was given"
                )
            if name == "encoder" and self.lists[name].scores_X is None:
                raise NegativesError(
                    "candidates of the pool 'encoder': there is no column 'score'; the encoder's "
                    "search gives one"
                )

    @property
    def width(self) -> int:
        """K, the number of columns of any block."""
        return sum(
            self.corpus_candidates if name == "corpus" else max(self.lists[name].longest, 1)
            for name in self.names
        )

    def candidates(self, block: Block, material: Material, keys_P: UInt64) -> Candidates:
        """The candidates of a block's pairs.

        Args:
            block: the pairs.
            material: the corpus and the judgements.
            keys_P: noise keys for the pool `corpus`.
        """
        names = [name for name in _ORDER if name in self.names]
        parts = [self._part(name, block, material, keys_P) for name in names]
        widths = [part[0].shape[1] for part in parts]
        return Candidates(
            rows_PK=np.hstack([rows_PK for rows_PK, _, _, _ in parts]),
            ranks_PK=np.hstack([ranks_PK for _, ranks_PK, _, _ in parts]),
            search_scores_PK=parts[0][2][:, : widths[0] if names[0] == "encoder" else 0],
            order_log_probability_PK=np.hstack([chance_PK for _, _, _, chance_PK in parts]),
            sources=tuple(
                name for name, width in zip(names, widths, strict=True) for _ in range(width)
            ),
            shared=sum(width for name, width in zip(names, widths, strict=True) if name in _SHARED),
        )

    def _part(
        self, name: Pool, block: Block, material: Material, keys_P: UInt64
    ) -> tuple[Int64, Int32, Float32, Float64]:
        if name == "corpus":
            excluded = between(material.positive_class_keys_X, *block.key_range(material.total))
            rows_PK, chance_PK = material.corpus.uniform.draw(
                keys_P, excluded, block.query_P, self.corpus_candidates
            )
            shape = rows_PK.shape
            return rows_PK, np.zeros(shape, np.int32), np.zeros(shape, np.float32), chance_PK
        lists = self.lists[name]
        owners_P = block.positive_P if name == "neighbours" else block.query_P
        padded = lists.padded(owners_P, max(lists.longest, 1))
        return *padded, np.zeros(padded.rows_PK.shape)
