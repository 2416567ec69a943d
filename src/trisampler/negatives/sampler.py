"""What a sampler is: a pool of candidates and one or more stages that thin it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from trisampler.negatives.arrays import Float64, Int64
from trisampler.negatives.draw import effective_size
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.scores import PairScores
from trisampler.negatives.settings import Pool

LogWeight = Callable[[PairScores], Float64]
"""Scores of P pairs in, log-weights (P, K) out. -inf: never. No need to mind eligibility."""


@dataclass(frozen=True)
class EffectiveSize:
    """Keep as many as the weights' effective sample size, within [n, multiple * n].

    Were more kept, a later stage would no longer see the weights of this one. The choice is ours,
    not the paper's.

    Raises:
        NegativesError: a multiple below 1, or none at all.
    """

    multiple: float = 8.0

    def __post_init__(self) -> None:
        if not 1 <= self.multiple < np.inf:
            raise NegativesError(
                f"multiple is {self.multiple:g}: as many times n are kept at most, and n at least, "
                "so it has to be 1 or more"
            )

    def bounds(self, negatives: int) -> tuple[int, int]:
        """The least and the most that is kept for `negatives` asked for."""
        return negatives, max(negatives, int(self.multiple * negatives))

    def __call__(self, log_weights_PK: Float64, negatives: int) -> Int64:
        """How many to keep per row: (P,)."""
        size_P = np.floor(effective_size(log_weights_PK)).astype(np.int64)
        return np.clip(size_P, *self.bounds(negatives))


@dataclass(frozen=True)
class Stage:
    """One thinning: of the columns that are left, keep some by weight.

    Attributes:
        log_weight: the weight of each column.
        keep: how many to keep; None for the number of negatives asked for, as of the last stage.
        fill: where fewer columns than asked for have a weight, draw the rest by this one.
        in_order: take the first columns with a weight instead of drawing: in the first stage in the
            pool's order, of several pools in turn, later in the order of the stage before.
    """

    log_weight: LogWeight
    keep: EffectiveSize | None = None
    fill: LogWeight | None = None
    in_order: bool = False


@dataclass(frozen=True)
class Sampler:
    """A named way to choose negatives.

    Attributes:
        name: as users write it.
        pool: where its candidates come from by default; None for no mined negatives at all.
        stages: applied in order; the last one yields the negatives.
        formula: the rule in one line.
        source: the paper or code it is from, and where we depart from it.
        needs_teacher: whether it cannot do without teacher scores.

    Raises:
        NegativesError: an unknown pool, one without a stage, or a last stage that keeps others than
            the negatives asked for.
    """

    name: str
    pool: Pool | None
    stages: tuple[Stage, ...]
    formula: str
    source: str
    needs_teacher: bool = False

    def __post_init__(self) -> None:
        if self.pool is None:
            return
        if self.pool not in get_args(Pool):
            raise NegativesError(
                f"there is no pool {self.pool!r}; there are {', '.join(get_args(Pool))}"
            )
        if not self.stages:
            raise NegativesError(
                f"it draws from the pool {self.pool!r} by no stage: give it one, or the pool None"
            )
        if self.stages[-1].keep is not None:
            raise NegativesError(
                "its last stage has `keep`, and what that stage yields are the negatives, as many "
                "as are asked for: leave `keep` to the stages before it"
            )

    @property
    def takes_corpus_in_order(self) -> bool:
        """Whether its draw is the order of the pool `corpus`, the only one in random order."""
        return self.pool == "corpus" and self.stages[0].in_order


def uniform(scores: PairScores) -> Float64:
    """The same weight for every candidate."""
    return np.zeros(scores.s_q_cand_PK.shape)
