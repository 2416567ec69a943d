"""What differences vary by, between seeds, between queries and in the rest, and so their mean.

In a table of seeds and queries without repetition the mean over all has the variance

    V = (MS_seeds + MS_queries - MS_rest) / (S Q)

with degrees of freedom by Satterthwaite's formula: the quasi-F ratio of Clark (Journal of Verbal
Learning and Verbal Behavior 1973). They are near S - 1 where seeds make up most of V, and near
Q - 1 where queries do. A mean square below that of the rest counts as no variance of its own. One
seed has the variance between queries alone.

Shapes: S seeds, Q queries, C comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanVariance:
    """Of a mean over seeds and queries; arrays of the mean squares' shape.

    Attributes:
        variance: V above.
        degrees: Of freedom, not whole numbers.
        seed_shares: How much of the variance is between seeds, 0 to 1.
    """

    variance: Floats
    degrees: Floats
    seed_shares: Floats


@dataclass(frozen=True)
class MeanSquares:
    """Sums of squares by their degrees of freedom; arrays of one shape.

    Attributes:
        number_of_seeds: S.
        number_of_queries: Q, at least 2.
        seeds: Of what all queries of a seed deviate by; 0 for one seed.
        queries: Of what a query deviates by under all seeds.
        rest: Of what is peculiar to one query under one seed; 0 for one seed.
    """

    number_of_seeds: int
    number_of_queries: int
    seeds: Floats
    queries: Floats
    rest: Floats

    @property
    def degrees(self) -> tuple[int, int, int]:
        """Of freedom: of seeds, of queries, of the rest."""
        of_seeds, of_queries = self.number_of_seeds - 1, self.number_of_queries - 1
        return of_seeds, of_queries, of_seeds * of_queries

    def of_mean(self) -> MeanVariance:
        """The variance of the mean, as other seeds and other queries would have it vary."""
        of_seeds, of_queries, of_rest = self.degrees
        seeds, queries = np.maximum(self.seeds, self.rest), np.maximum(self.queries, self.rest)
        pooled = seeds + queries - self.rest
        # What has no variance of its own drops out with the rest's that is taken off.
        seeds_in, queries_in = seeds > self.rest, queries > self.rest
        squares = (
            np.where(seeds_in, seeds**2, 0) / max(of_seeds, 1)
            + np.where(queries_in, queries**2, 0) / of_queries
            + np.where(seeds_in == queries_in, self.rest**2, 0) / max(of_rest, 1)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            degrees = np.where(squares > 0, pooled**2 / squares, of_seeds or of_queries)
            seed_shares = np.where(pooled > 0, (seeds - self.rest) / pooled, 0.0)
        cells = self.number_of_seeds * self.number_of_queries
        return MeanVariance(pooled / cells, degrees, seed_shares)


def mean_squares(values_SQC: Floats) -> MeanSquares:
    """Those of each comparison, (C,), from at least two queries."""
    seeds, queries, comparisons = values_SQC.shape
    mean_C = values_SQC.mean(axis=(0, 1))
    seed_SC, query_QC = values_SQC.mean(axis=1) - mean_C, values_SQC.mean(axis=0) - mean_C
    of_queries_C = seeds * (query_QC**2).sum(axis=0) / (queries - 1)
    if seeds == 1:
        nothing_C = np.zeros(comparisons)
        return MeanSquares(seeds, queries, nothing_C, of_queries_C, nothing_C)
    rest_SQC = values_SQC - mean_C - seed_SC[:, None] - query_QC[None]
    return MeanSquares(
        seeds,
        queries,
        seeds=queries * (seed_SC**2).sum(axis=0) / (seeds - 1),
        queries=of_queries_C,
        rest=(rest_SQC**2).sum(axis=(0, 1)) / ((seeds - 1) * (queries - 1)),
    )
