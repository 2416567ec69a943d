"""Shares over queries, with intervals.

The negatives of one query are no independent trials: they come from the same candidates. So queries
are the sample, and a share is a ratio of two sums over queries, with the variance of such a ratio
(Cochran, Sampling Techniques, 1977, section 6.3).

Shapes: Q queries.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from trisampler.negatives.arrays import Float64


class Interval(NamedTuple):
    """An estimate and the interval around it."""

    value: float
    low: float
    high: float


def share_interval(part_Q: Float64, whole_Q: Float64, coverage: float) -> Interval:
    """Sum of the parts over sum of the wholes, with Wilson's interval (1927).

    The number of trials in it is the one of independent trials that would vary as much. A share of
    0 or 1, which shows no variance, counts a query as one trial.

    Args:
        part_Q: between 0 and the whole of each query.
        whole_Q: not all 0.
        coverage: of the interval, such as 0.95.
    """
    share = float(part_Q.sum() / whole_Q.sum())
    variance = _ratio_variance(part_Q, whole_Q)
    trials = float(len(part_Q))
    if 0 < share < 1 and trials > 1:
        if variance == 0:
            return Interval(share, share, share)
        trials = share * (1 - share) / variance
    z = _quantile(coverage)
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2) * z / (1 + z * z / trials)
    return Interval(share, max(0.0, centre - spread), min(1.0, centre + spread))


def difference_interval(
    part_Q: Float64, other_Q: Float64, whole_Q: Float64, coverage: float
) -> Interval:
    """One share minus another of the same wholes, with the normal interval, paired by query.

    Args:
        part_Q: the parts of the one.
        other_Q: the parts of the other.
        whole_Q: not all 0.
        coverage: of the interval.
    """
    difference = float((part_Q - other_Q).sum() / whole_Q.sum())
    spread = _quantile(coverage) * sqrt(_ratio_variance(part_Q - other_Q, whole_Q))
    return Interval(difference, difference - spread, difference + spread)


def _ratio_variance(part_Q: Float64, whole_Q: Float64) -> float:
    """Of sum over sum, queries being the sample; 0 for a single query, which shows none."""
    queries = len(part_Q)
    if queries < 2:
        return 0.0
    rest_Q = part_Q - part_Q.sum() / whole_Q.sum() * whole_Q
    return float(np.square(rest_Q).sum() / whole_Q.sum() ** 2 * queries / (queries - 1))


def _quantile(coverage: float) -> float:
    return NormalDist().inv_cdf((1 + coverage) / 2)
