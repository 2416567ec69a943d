"""Two systems on the same queries: what differs, and what a test of it could find.

Shapes: S seeds, Q queries; a system that was measured once has S = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from trisampler.evaluation.significance import smallest_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# How often a difference that is called detectable would be found.
POWER = 0.8
# Means over seeds of equal values may differ in their last bits.
TIED = 1e-12


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

    def detectable(self, alpha: float) -> float | None:
        """The difference that a test over these queries would find four times in five.

        Their mean is taken for normal. None where nothing varies by more than rounding, or where so
        few queries find nothing at that level.

        Args:
            alpha: Of the two-sided test, for Holm's first step the whole level by the family.
        """
        if self.deviation <= TIED or smallest_p(self.queries) > alpha:
            return None
        normal = NormalDist()
        reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(POWER)
        return reach * self.deviation / math.sqrt(self.queries)

    def row(self) -> dict[str, Any]:
        """As columns of a table of comparisons; `effect_size` is Cohen's d of paired values."""
        return {
            "queries": self.queries,
            "system_mean": self.system_mean,
            "baseline_mean": self.baseline_mean,
            "difference": self.difference,
            "effect_size": self.difference / self.deviation if self.deviation > TIED else None,
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
        wins=sum(value > TIED for value in differences_Q),
        losses=sum(value < -TIED for value in differences_Q),
    )
