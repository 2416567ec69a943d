"""Two systems on the same queries: what differs, and what a test of it could find.

Shapes: S seeds, Q queries; a system that was measured once has S = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_POWER = 0.8
# Means over seeds of equal values may differ in their last bits.
_TIED = 1e-12


@dataclass(frozen=True)
class PairedDifference:
    """A system less a baseline, query by query, each query's value being its mean over seeds.

    Attributes:
        deviation: Standard deviation of the differences between queries; 0 for one query.
        wins: Queries on which the system is better, by more than rounding.
        losses: Queries on which it is worse.
    """

    queries: int
    system_mean: float
    baseline_mean: float
    difference: float
    deviation: float
    wins: int
    losses: int

    def row(self) -> dict[str, Any]:
        """As columns of a table of comparisons; `effect_size` is Cohen's d of paired values."""
        return {
            "queries": self.queries,
            "system_mean": self.system_mean,
            "baseline_mean": self.baseline_mean,
            "difference": self.difference,
            "effect_size": self.difference / self.deviation if self.deviation > _TIED else None,
            "wins": self.wins,
            "losses": self.losses,
        }


def paired_difference(system_SQ: Floats, baseline_SQ: Floats) -> PairedDifference:
    """Compare values of the same queries, and of the same seeds, in the same order."""
    seeds, queries = system_SQ.shape
    differences_Q = [math.fsum(column) / seeds for column in (system_SQ - baseline_SQ).T]
    difference = math.fsum(differences_Q) / queries
    squares = math.fsum((value - difference) ** 2 for value in differences_Q)
    return PairedDifference(
        queries=queries,
        system_mean=math.fsum(system_SQ.ravel()) / system_SQ.size,
        baseline_mean=math.fsum(baseline_SQ.ravel()) / baseline_SQ.size,
        difference=difference,
        deviation=math.sqrt(squares / (queries - 1)) if queries > 1 else 0.0,
        wins=sum(value > _TIED for value in differences_Q),
        losses=sum(value < -_TIED for value in differences_Q),
    )


def detectable(standard_error: float, alpha: float, degrees: float = math.inf) -> float | None:
    """The difference that a test would find four times in five.

    None where nothing varies by more than rounding.

    Args:
        standard_error: Of the mean difference.
        alpha: Level of the two-sided test, for Holm's first step the whole level by the family.
        degrees: Of freedom of Student's t; without any limit that is the normal distribution.
    """
    if not standard_error > _TIED:
        return None
    if math.isinf(degrees):
        reach = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(_POWER)
    else:
        from scipy.special import stdtrit

        reach = float(stdtrit(degrees, 1 - alpha / 2) + stdtrit(degrees, _POWER))
    return reach * standard_error
