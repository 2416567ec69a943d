"""Is a system not worse than another by more than a margin?

What is tested, with d_q the new system's value less the old one's on query q, and all queries of
the kind that was judged as the population:

    H0: the mean of d is -margin or lower        H1: it is above -margin

H0 is rejected, and the new system taken for not worse, where the one-sided p-value is below alpha.
So a system that is worse by the margin or more passes with a probability of about alpha at most,
and what passes is claimed to be "not worse by the margin", never "better". A margin of 0 makes
the claim "better".

The test is Fisher's paired randomisation test on d_q + margin, one-sided: under H0, at its edge,
these are taken to be symmetric about zero, so that their signs are coin tosses, and p is the share
of sign flips whose mean is at least the found one. Where they are not symmetric, which differences
of measures hardly ever are, the level holds as the number of queries grows, by the central limit
theorem. In simulations at the edge of H0 with alpha = .05, where seven in ten queries did not
change and the others did by a deviation of .3, 5 % passed of 30 queries and 6 % of 400; where one
query in ten lost .45 and all others gained .05, the kind that is hardest to see in few queries,
17 % of 30, 8 % of 100 and 7 % of 400. Of 4 queries no p can be below 1/16: too few pass nothing.

A sign flip makes the mean no smaller exactly where the queries that it flips have a mean of
d_q + margin of at most zero. So p is the share of random sets of queries, each query in or out by
a coin toss, whose mean of d is at most -margin, and the alpha-quantile of these means is the lower
end of a one-sided interval that says the same as the test for every margin at once (Hartigan,
Journal of the American Statistical Association 1969: typical values).

Shapes: Q queries, F sets of queries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trisampler.evaluation.significance import sign_flips, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NonInferiority:
    """What the test found; `passed`, `p_value < alpha` and `lower_bound > -margin` are the same.

    Attributes:
        p_value: Of the hypothesis that the system is worse by the margin or more.
        lower_bound: The mean difference is above this with a confidence of 1 - alpha; None where
            the queries are too few to say so of any number.
        passed: The system is not worse by the margin.
        exact: Every one of the 2^Q sets of queries was looked at.
    """

    p_value: float
    lower_bound: float | None
    passed: bool
    exact: bool


def noninferiority_test(
    differences_Q: Floats,
    margin: float,
    alpha: float,
    permutations: int,
    generator: np.random.Generator,
) -> NonInferiority:
    """Test whether the mean of paired differences is above -margin.

    Args:
        differences_Q: Value of the new system less value of the old one; at least one query.
        margin: What may be lost, 0 or more, in the unit of the measure.
        alpha: Level of the test.
        permutations: Sets of queries to draw where all of them are more.
        generator: Where random sets come from; not touched by the exact test.
    """
    blocks, exact = sign_flips(len(differences_Q), permutations, generator)
    whole_Q1, unit_1 = whole_numbers(differences_Q[:, None])
    means_F = np.concatenate([_means(signs_FQ, whole_Q1, unit_1) for signs_FQ in blocks])
    if not exact:
        # The found signs are one of the flips: the empty set, below every margin.
        means_F = np.append(means_F, -np.inf)
    means_F.sort()
    p_value = float(np.searchsorted(means_F, -margin, side="right")) / len(means_F)
    bound = float(means_F[math.ceil(alpha * len(means_F)) - 1])
    return NonInferiority(
        p_value=p_value,
        lower_bound=bound if math.isfinite(bound) else None,
        passed=bound > -margin,
        exact=exact,
    )


def _means(signs_FQ: Floats, whole_Q1: Floats, unit_1: Floats) -> Floats:
    """The mean difference of the queries that each flip flips; -inf for none.

    Sums are exact. Rounding to whole numbers and the division move a mean by less than one unit,
    which is taken off, so that a mean that may be at the margin counts as at the margin.
    """
    flipped_FQ = (1.0 - signs_FQ) / 2.0
    sums_F = (flipped_FQ @ whole_Q1)[:, 0]
    sizes_F = flipped_FQ.sum(axis=1)
    means_F: Floats = (sums_F / np.maximum(sizes_F, 1.0) - 1.0) * unit_1[0]
    return np.where(sizes_F > 0, means_F, -np.inf)
