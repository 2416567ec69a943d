"""TriSampler: negatives that form a quasi-triangle with the query and its positive.

From the paper (Yang, Shao, Dong, Tang, AAAI 2024): the region, its 60 degrees, the Gaussian g
over the query's top-K and the final draw by the ReLU r. Ours, because the paper's text could not
be consulted for them: delta in logits (score / temperature; on raw cosines g is flat), how many
the first stage keeps, and what happens when too few candidates have r > 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from trisampler.negatives.arrays import Bool, Float64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.geometry import SIXTY_DEGREES, t1_floor, t2_angle
from trisampler.negatives.sampler import EffectiveSize, LogWeight, Sampler, Stage
from trisampler.negatives.scores import PairScores

PAPER_SIGMA = math.sqrt(2.0)
_PAPER = "TriSampler: Yang et al., AAAI 2024, doi 10.1609/AAAI.V38I8.28779"


def near_positive(sigma: float = PAPER_SIGMA) -> LogWeight:
    """Log g: candidates that score about as high as the positive, -delta^2 / (2 sigma^2).

    Args:
        sigma: width in logits; the paper's exp(-delta^2 / 4) is sqrt(2).

    Raises:
        NegativesError: a sigma that is no width.
    """
    if not (sigma > 0 and sigma**2 > 0):
        raise NegativesError(f"sigma is {sigma:g}, and neither it nor its square may be 0 or below")
    return lambda scores: np.square(scores.delta_PK) * (-0.5 / sigma**2)


def leaning(scores: PairScores) -> Float64:
    """Log r, r = ReLU(s(d+,d-) - s(q,d-)): candidates nearer to the positive than to the query."""
    lean_PK = scores.lean_PK.astype(np.float64)
    logarithm_PK = np.full(lean_PK.shape, -np.inf)
    return np.log(lean_PK, out=logarithm_PK, where=lean_PK > 0)


def tri(sigma: float = PAPER_SIGMA, multiple: float = 8.0) -> Sampler:
    """Two stages: M of the top-K by g, n of those by r; too few with r > 0 are filled up by g.

    Args:
        sigma: width of g in logits; a wider g lets in scores farther from the positive's.
        multiple: limit of the first stage, which keeps as many candidates as g's weights count for
            (their effective sample size), at least n and at most multiple * n for n negatives.
    """
    near = near_positive(sigma)
    return Sampler(
        name="tri",
        pool="encoder",
        stages=(Stage(near, keep=EffectiveSize(multiple)), Stage(leaning, fill=near)),
        formula="M by g = exp(-delta^2 / (2 sigma^2)), then n by r = ReLU(s(d+,d-) - s(q,d-))",
        source=f"{_PAPER}; the two stages' sizes and the fill are ours",
    )


def tri_product(sigma: float = PAPER_SIGMA) -> Sampler:
    """One stage with weight g * r; too few with r > 0 are filled up by g.

    Args:
        sigma: as in `tri`.
    """
    near = near_positive(sigma)
    return Sampler(
        name="tri-product",
        pool="encoder",
        stages=(Stage(lambda scores: near(scores) + leaning(scores), fill=near),),
        formula="p(d-) ~ g * r",
        source=f"our one-stage sibling of {_PAPER}",
    )


def tri_t1(
    sigma: float = PAPER_SIGMA, multiple: float = 8.0, degrees: float = math.degrees(SIXTY_DEGREES)
) -> Sampler:
    """`tri` among the candidates whose angle at q (reading T1) is at most 60 degrees.

    Args:
        sigma: as in `tri`.
        multiple: as in `tri`.
        degrees: the greatest angle let through.

    Raises:
        NegativesError: no width, no multiple, or no angle.
    """
    _check_angle(degrees)
    near = _screened(near_positive(sigma), lambda scores: _within_t1(scores, degrees))
    return Sampler(
        name="tri-t1",
        pool="encoder",
        stages=(Stage(near, keep=EffectiveSize(multiple)), Stage(leaning, fill=near)),
        formula="tri among candidates with angle(d+ - q, d- - q) <= 60 degrees",
        source=f"{_PAPER}, its angle in a third party's reading T1; the hard screen is ours",
    )


def tri_t2(
    sigma: float = PAPER_SIGMA, multiple: float = 8.0, degrees: float = math.degrees(SIXTY_DEGREES)
) -> Sampler:
    """`tri` behind reading T2, |acos(a) - acos(x)| <= 60 degrees, which filters almost nothing.

    Where both cosines are at least 0.5 it cannot reject, and it never looks at s(d+,d-). It is
    here for completeness, to be compared with.

    Args:
        sigma: as in `tri`.
        multiple: as in `tri`.
        degrees: the greatest angle let through.

    Raises:
        NegativesError: no width, no multiple, or no angle.
    """
    _check_angle(degrees)
    near = _screened(near_positive(sigma), lambda scores: _within_t2(scores, degrees))
    return Sampler(
        name="tri-t2",
        pool="encoder",
        stages=(Stage(near, keep=EffectiveSize(multiple)), Stage(leaning, fill=near)),
        formula="tri among candidates with |acos(cos(q,d+)) - acos(cos(q,d-))| <= 60 degrees",
        source=f"{_PAPER}, its angle as a summary prints it (T2); the hard screen is ours",
    )


def _check_angle(degrees: float) -> None:
    if not 0 < degrees <= 180:
        raise NegativesError(f"degrees is {degrees:g}, and has to be above 0 and at most 180")


def _screened(log_weight: LogWeight, allowed: Callable[[PairScores], Bool]) -> LogWeight:
    return lambda scores: np.where(allowed(scores), log_weight(scores), -np.inf)


def _within_t1(scores: PairScores, degrees: float) -> Bool:
    floor_PK = t1_floor(scores.cos_q_pos_P[:, None], scores.cos_q_cand_PK, math.radians(degrees))
    return np.asarray(scores.cos_pos_cand_PK >= floor_PK)


def _within_t2(scores: PairScores, degrees: float) -> Bool:
    angle_PK = t2_angle(scores.cos_q_pos_P[:, None], scores.cos_q_cand_PK)
    return np.asarray(angle_PK <= math.radians(degrees))
