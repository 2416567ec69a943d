"""Student's t for a mean difference over seeds and queries, both taken from many.

The bootstrap of `seeded_tests` cannot know how far the mean of other seeds may lie when it has seen
three: where seeds vary more than queries, too many of its p-values are small. Here the variance of
the mean is put together from the mean squares of a table of seeds and queries without repetition,

    V = (MS_seeds + MS_queries - MS_rest) / (S Q),

with its degrees of freedom by Satterthwaite's formula: the quasi-F ratio of Clark (Journal of
Verbal Learning and Verbal Behavior 1973). They are near S - 1 where seeds make up most of V, and
near Q - 1 where queries do. A mean square below that of the rest counts as no variance of its own.
Few queries that agree by chance have next to no variance: no p is below `smallest_p` of them, and
one query, which says nothing of others under any number of seeds, has p 1.

Shapes: S seeds, Q queries, C comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trisampler.evaluation.significance import smallest_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CrossedTest:
    """Interval, p-value and standard error of each mean difference, each (C,).

    Attributes:
        low: Lower end of the interval; the mean itself for a single query.
        high: Upper end, likewise.
        p_values: Two-sided.
        standard_errors: Of the means; 0 for a single query.
        degrees: Of freedom, not whole numbers; 0 for a single query.
        seed_shares: How much of the variance of the mean is between seeds, 0 to 1.
    """

    low: Floats
    high: Floats
    p_values: Floats
    standard_errors: Floats
    degrees: Floats
    seed_shares: Floats


def crossed_test(differences_SQC: Floats, coverage: float) -> CrossedTest:
    """Test each mean against zero.

    Args:
        differences_SQC: Value of the system minus value of the baseline, per seed and query.
        coverage: Of the interval, such as 0.95.
    """
    from scipy.special import stdtr, stdtrit

    seeds, queries, comparisons = differences_SQC.shape
    mean_C = differences_SQC.mean(axis=(0, 1))
    if queries == 1:
        nothing_C = np.zeros(comparisons)
        return CrossedTest(mean_C, mean_C, nothing_C + 1, nothing_C, nothing_C, nothing_C)
    variance_C, degrees_C, seed_shares_C = _variance(differences_SQC, mean_C)
    errors_C = np.sqrt(variance_C / (seeds * queries))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Nothing varies: a mean of zero is no evidence, any other is all that so many queries give.
        ratio_C = np.where(mean_C == 0, 0.0, np.abs(mean_C) / errors_C)
    p_values_C = np.maximum(2 * stdtr(degrees_C, -ratio_C), smallest_p(queries))
    reach_C = stdtrit(degrees_C, (1 + coverage) / 2) * errors_C
    return CrossedTest(
        mean_C - reach_C, mean_C + reach_C, p_values_C, errors_C, degrees_C, seed_shares_C
    )


def _variance(values_SQC: Floats, mean_C: Floats) -> tuple[Floats, Floats, Floats]:
    """S Q times the variance of the mean, its degrees of freedom, and the seeds' share of it.

    There are at least two queries.
    """
    seeds, queries, _ = values_SQC.shape
    seed_SC, query_QC = values_SQC.mean(axis=1) - mean_C, values_SQC.mean(axis=0) - mean_C
    if seeds == 1:
        variance_C = (query_QC**2).sum(axis=0) / (queries - 1)
        return variance_C, np.full_like(variance_C, queries - 1), np.zeros_like(variance_C)
    of_seeds, of_queries = seeds - 1, queries - 1
    of_rest = of_seeds * of_queries
    rest_SQC = values_SQC - mean_C - seed_SC[:, None] - query_QC[None]
    rest_C = (rest_SQC**2).sum(axis=(0, 1)) / of_rest
    seeds_C = np.maximum(queries * (seed_SC**2).sum(axis=0) / of_seeds, rest_C)
    queries_C = np.maximum(seeds * (query_QC**2).sum(axis=0) / of_queries, rest_C)
    variance_C = seeds_C + queries_C - rest_C
    # What has no variance of its own drops out with the rest's that is taken off.
    seeds_in_C, queries_in_C = seeds_C > rest_C, queries_C > rest_C
    rest_in_C = seeds_in_C == queries_in_C
    squares_C = (
        np.where(seeds_in_C, seeds_C**2, 0) / of_seeds
        + np.where(queries_in_C, queries_C**2, 0) / of_queries
        + np.where(rest_in_C, rest_C**2, 0) / of_rest
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees_C = np.where(squares_C > 0, variance_C**2 / squares_C, of_seeds)
        share_C = np.where(variance_C > 0, (seeds_C - rest_C) / variance_C, 0.0)
    return variance_C, degrees_C, share_C
