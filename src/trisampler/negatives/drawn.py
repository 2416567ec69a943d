"""Negatives as flat arrays, of one block of pairs or of many joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

import numpy as np

from trisampler.negatives.arrays import Bool, Float32, Int32, Int64
from trisampler.negatives.diagnostics import PairStatistics
from trisampler.negatives.settings import Pool

FALLBACK = "fallback"
SOURCES = (*get_args(Pool), FALLBACK)
"""What a negative's source can be, by number."""


class Drawn(NamedTuple):
    """X negatives; those of a pair next to each other, in the order of drawing.

    Attributes:
        pair_X: number of the pair.
        row_X: the negative's row.
        rank_X: rank in its pool, 0 where the pool has none.
        s_q_neg_X: s(q, d-).
        s_q_pos_X: s(q, d+).
        s_pos_neg_X: s(d+, d-).
        log_probability_X: of this draw given the earlier ones of its stage.
        source_X: number in `SOURCES`.
        teacher_q_neg_X: the teacher's score of (q, d-), NaN where there is none.
        teacher_q_pos_X: the same of (q, d+).
    """

    pair_X: Int64
    row_X: Int64
    rank_X: Int32
    s_q_neg_X: Float32
    s_q_pos_X: Float32
    s_pos_neg_X: Float32
    log_probability_X: Float32
    source_X: Int64
    teacher_q_neg_X: Float32
    teacher_q_pos_X: Float32

    def take(self, places: Int64) -> Drawn:
        """Those draws only, in that order."""
        return Drawn._make(column[places] for column in self)


class Plane(NamedTuple):
    """All candidates of some pairs, as the figure of the triangle needs them."""

    pair_X: Int64
    row_X: Int64
    cos_q_pos_X: Float32
    cos_q_doc_X: Float32
    cos_pos_doc_X: Float32
    drawn_X: Bool


class BlockDraw(NamedTuple):
    """What came of one block, or of many joined.

    Attributes:
        drawn: the negatives.
        statistics: of each pair.
        plane: for the figure.
        near_keys_X: sorted query row * N + document row of the candidates that the guard took for
            a positive of the query.
    """

    drawn: Drawn
    statistics: PairStatistics
    plane: Plane
    near_keys_X: Int64

    def counts(self, pairs: int) -> Int64:
        """How many negatives each pair got: (P,)."""
        return np.bincount(self.drawn.pair_X, minlength=pairs)

    def with_near_keys(self, keys_X: Int64) -> BlockDraw:
        """The same with more of what the guard took for positives."""
        return self._replace(near_keys_X=np.union1d(self.near_keys_X, keys_X))

    @classmethod
    def nothing(cls) -> BlockDraw:
        """No pairs, no negatives."""
        integers, floats = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        ranks, masks = np.empty(0, dtype=np.int32), np.empty(0, dtype=bool)
        return cls(
            Drawn(
                *(integers, integers, ranks),
                *(floats, floats, floats, floats),
                *(integers, floats, floats),
            ),
            {},
            Plane(integers, integers, floats, floats, floats, masks),
            integers,
        )


def join(draws: Sequence[BlockDraw]) -> BlockDraw:
    """Blocks one after another, as one."""
    if not draws:
        return BlockDraw.nothing()
    drawn, statistics, planes, near_keys = zip(*draws, strict=True)
    return BlockDraw(
        join_draws(drawn),
        join_statistics(statistics),
        Plane(*(np.concatenate(columns) for columns in zip(*planes, strict=True))),
        np.concatenate(near_keys),
    )


def join_draws(parts: Iterable[Drawn]) -> Drawn:
    """Draws one after another."""
    return Drawn(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def join_statistics(parts: Sequence[PairStatistics]) -> PairStatistics:
    """Statistics of pairs one after another."""
    if not parts:
        return {}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
