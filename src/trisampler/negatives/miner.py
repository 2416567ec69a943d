"""Candidates in, negatives out: one block of pairs at a time, on arrays alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from trisampler.negatives.arrays import Int64, UInt64
from trisampler.negatives.diagnostics import pair_statistics
from trisampler.negatives.drawn import FALLBACK, SOURCES, BlockDraw, Drawn, Plane, join, join_draws
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import between
from trisampler.negatives.material import Block, Material, blocks_of
from trisampler.negatives.noise import pair_keys
from trisampler.negatives.pools import Candidates, Pools
from trisampler.negatives.sampler import Sampler
from trisampler.negatives.samplers.random import random
from trisampler.negatives.scores import PairScores
from trisampler.negatives.scoring import Scored, score_block
from trisampler.negatives.settings import SamplingSettings
from trisampler.negatives.stages import Chance, Outcome, StageRunner
from trisampler.threads import each_in_threads, thread_count

_GATHERED_BYTES = 64 << 20  # of vectors, by all threads together
_BLOCK_CELLS = 1 << 16  # pairs times columns: a few arrays of them fit the processor's cache


@dataclass(frozen=True)
class Miner:
    """Draws the negatives of pairs, block by block.

    Attributes:
        material: vectors, ids, texts and judgements.
        sampler: with at least one stage.
        pools: where candidates come from.
        settings: how many, the guard, the scale.
        seed: of the run.
        round_number: of the round.
        plane_pairs: sorted numbers of the pairs whose candidates are kept for the figure.
        purpose: part of the noise's key.
    """

    material: Material
    sampler: Sampler
    pools: Pools
    settings: SamplingSettings
    seed: int
    round_number: int
    plane_pairs: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    purpose: str = "draw"

    def __post_init__(self) -> None:
        require_teacher(self.sampler, self.settings, given=self.material.teacher is not None)

    @property
    def block_pairs(self) -> int:
        """How many pairs make a good block; results do not depend on it."""
        cells = _BLOCK_CELLS
        if self.material.corpus.reader.copies:
            vectors = _GATHERED_BYTES // (4 * self.material.corpus.vectors.dimension)
            cells = min(cells, vectors // thread_count())
        return max(1, cells // self.pools.width)

    def draw(self, block: Block) -> BlockDraw:
        """Draw the negatives of a block's pairs.

        Raises:
            NegativesError: scores or weights that are not finite, named by query.
        """
        candidates = self.pools.candidates(block, self.material, self._keys(block, "pool"))
        scored = score_block(block, candidates, self.material, self.settings)
        self._check_teacher(block, scored.scores)
        chance = Chance(
            lambda stage: self._keys(block, stage),
            self.material.corpus.digests_N[candidates.rows_PK],
            candidates.order_log_probability_PK,
        )
        outcome = StageRunner(
            self.sampler,
            scored.scores,
            self.settings.negatives,
            chance,
            candidates.order_K,
            lambda pair: self._name(block, pair),
        ).run()
        drawn = _drawn(block, candidates, scored.scores, outcome)
        empty = np.flatnonzero(~outcome.mask_Pn.any(axis=1))
        if empty.size and self.purpose != FALLBACK:
            drawn = join_draws([drawn, self._fall_back(block, empty)])
            order = np.argsort(drawn.pair_X, kind="stable")
            drawn = drawn.take(order)
        statistics = pair_statistics(self.sampler, candidates, scored, outcome)
        plane = self._plane(block, candidates, scored, outcome)
        return BlockDraw(drawn, statistics, plane, self._near_keys(block, candidates, scored))

    def _near_keys(self, block: Block, candidates: Candidates, scored: Scored) -> Int64:
        pairs, columns = np.nonzero(scored.near_PK)
        rows = candidates.rows_PK[pairs, columns]
        keys = np.unique(block.query_P[pairs] * self.material.total + rows)
        positives = between(self.material.positive_keys_X, *block.key_range(self.material.total))
        return np.setdiff1d(keys, positives, assume_unique=True)

    def _fall_back(self, block: Block, empty: Int64) -> Drawn:
        """Random documents for the pairs that got nothing."""
        # Whole queries, since the guard looks at all of a query's positives.
        queries = np.unique(block.query_P[empty])
        pairs = np.flatnonzero(np.isin(block.query_P, queries))
        miner = replace(
            self,
            sampler=random(),
            pools=Pools(("corpus",), {}, self.pools.corpus_candidates),
            plane_pairs=np.empty(0, dtype=np.int64),
            purpose=FALLBACK,
        )
        drawn = miner.draw(block.subset(pairs)).drawn
        pair_X = pairs[drawn.pair_X]
        wanted_X = np.isin(pair_X, empty)
        drawn = drawn._replace(
            pair_X=pair_X + block.first,
            source_X=np.full(len(pair_X), SOURCES.index(FALLBACK)),
        )
        return drawn.take(np.flatnonzero(wanted_X))

    def _keys(self, block: Block, stage: str) -> UInt64:
        return pair_keys(
            self.seed,
            self.round_number,
            f"{self.purpose} {stage}",
            self.material.query_digests_Q[block.query_P],
            self.material.corpus.digests_N[block.positive_P],
        )

    def _check_teacher(self, block: Block, scores: PairScores) -> None:
        if not self.sampler.needs_teacher or scores.teacher_q_pos_P is None:
            return
        missing = np.flatnonzero(np.isnan(scores.teacher_q_pos_P))
        if missing.size:
            raise NegativesError(
                f"the teacher has no score for {self._name(block, int(missing[0]))} with its "
                f"positive; sampler {self.sampler.name!r} needs one for every positive"
            )

    def _name(self, block: Block, pair: int) -> str:
        return (
            f"query {self.material.query_ids[block.query_P[pair]]!r} "
            f"(positive {self.material.corpus.ids[block.positive_P[pair]]!r})"
        )

    def _plane(
        self, block: Block, candidates: Candidates, scored: Scored, outcome: Outcome
    ) -> Plane:
        low, high = np.searchsorted(
            self.plane_pairs, [block.first, block.first + len(block.query_P)]
        )
        pairs = self.plane_pairs[low:high] - block.first
        shown_PK = scored.scores.eligible_PK[pairs]
        row, column = np.nonzero(shown_PK)
        cell = (pairs[row], column)
        return Plane(
            pairs[row] + block.first,
            candidates.rows_PK[cell],
            scored.scores.cos_q_pos_P[pairs[row]],
            scored.scores.cos_q_cand_PK[cell],
            scored.scores.cos_pos_cand_PK[cell],
            outcome.drawn_PK[cell],
        )


def require_teacher(sampler: Sampler, settings: SamplingSettings, *, given: bool) -> None:
    """Raise NegativesError where scores of a teacher are needed and not `given`."""
    needing = settings.teacher_needed_by(sampler)
    if needing is not None and not given:
        raise NegativesError(f"{needing} needs teacher scores, and none were given")


def draw_pairs(
    miner: Miner,
    pairs: range | None = None,
    block_pairs: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> BlockDraw:
    """Draw the negatives of the pairs of the miner's material, in blocks.

    Args:
        miner: what to draw with.
        pairs: which, by number; all pairs of each query concerned. By default all.
        block_pairs: pairs to work on at a time; by default what suits the memory.
        done: told how many pairs each block had.
    """
    keys_P = miner.material.positive_keys_X
    pairs = range(len(keys_P)) if pairs is None else pairs
    blocks = blocks_of(keys_P, miner.material.total, pairs, block_pairs or miner.block_pairs)
    draws: list[BlockDraw] = []
    for block, drawn in zip(blocks, each_in_threads(miner.draw, blocks), strict=True):
        draws.append(drawn)
        done(len(block.query_P))
    return join(draws)


def plane_pairs(material: Material, seed: int, count: int) -> Int64:
    """Numbers of `count` pairs, chosen by seed and ids: the same ones in every round."""
    query_P, positive_P = np.divmod(material.positive_keys_X, material.total)
    keys_P = pair_keys(
        seed, 0, "plane", material.query_digests_Q[query_P], material.corpus.digests_N[positive_P]
    )
    return np.sort(np.argsort(keys_P, kind="stable")[:count])


def _drawn(block: Block, candidates: Candidates, scores: PairScores, outcome: Outcome) -> Drawn:
    pair_X, place_X = np.nonzero(outcome.mask_Pn)
    cell: Any = (pair_X, outcome.columns_Pn[pair_X, place_X])
    numbers_K = np.array([SOURCES.index(source) for source in candidates.sources])
    unknown_X = np.full(len(pair_X), np.nan, dtype=np.float32)
    teacher_q_cand_PK, teacher_q_pos_P = scores.teacher_q_cand_PK, scores.teacher_q_pos_P
    return Drawn(
        pair_X=pair_X + block.first,
        row_X=candidates.rows_PK[cell],
        rank_X=candidates.ranks_PK[cell],
        s_q_neg_X=scores.s_q_cand_PK[cell],
        s_q_pos_X=scores.s_q_pos_P[pair_X],
        s_pos_neg_X=scores.s_pos_cand_PK[cell],
        log_probability_X=outcome.log_probability_Pn[pair_X, place_X].astype(np.float32),
        source_X=numbers_K[cell[1]],
        teacher_q_neg_X=unknown_X if teacher_q_cand_PK is None else teacher_q_cand_PK[cell],
        teacher_q_pos_X=unknown_X if teacher_q_pos_P is None else teacher_q_pos_P[pair_X],
    )
