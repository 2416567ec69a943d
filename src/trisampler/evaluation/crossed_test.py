"""Student's t for a mean difference over seeds and queries, both taken from many.

The bootstrap of `seeded_tests` cannot know how far the mean of other seeds may lie when it has seen
three: where seeds vary more than queries, too many of its p-values are small. Here the variance of
the mean and its degrees of freedom are put together from what varies between seeds, between queries
and in the rest (`mean_squares`). Few queries that agree by chance have next to no variance: no p is
below `smallest_p` of them, and one query, which says nothing of others under any number of seeds,
has p 1.

Shapes: S seeds, Q queries, C comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trisampler.evaluation.mean_squares import mean_squares
from trisampler.evaluation.significance import smallest_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CrossedTest:
    """Interval and p-value of each mean difference, each (C,).

    Attributes:
        low: Lower end of the interval; the mean itself for a single query.
        high: Upper end, likewise.
        p_values: Two-sided.
        seed_shares: How much of the variance of the mean is between seeds, 0 to 1.
    """

    low: Floats
    high: Floats
    p_values: Floats
    seed_shares: Floats


def crossed_test(differences_SQC: Floats, coverage: float) -> CrossedTest:
    """Test each mean against zero.

    Args:
        differences_SQC: Value of the system minus value of the baseline, per seed and query.
        coverage: Of the interval, such as 0.95.
    """
    from scipy.special import stdtr, stdtrit

    _, queries, comparisons = differences_SQC.shape
    mean_C = differences_SQC.mean(axis=(0, 1))
    if queries == 1:
        return CrossedTest(mean_C, mean_C, np.ones(comparisons), np.zeros(comparisons))
    of_mean = mean_squares(differences_SQC).of_mean()
    errors_C = np.sqrt(of_mean.variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Nothing varies: a mean of zero is no evidence, any other is all that so many queries give.
        ratio_C = np.where(mean_C == 0, 0.0, np.abs(mean_C) / errors_C)
    p_values_C = np.maximum(2 * stdtr(of_mean.degrees, -ratio_C), smallest_p(queries))
    reach_C = stdtrit(of_mean.degrees, (1 + coverage) / 2) * errors_C
    return CrossedTest(mean_C - reach_C, mean_C + reach_C, p_values_C, of_mean.seed_shares)
