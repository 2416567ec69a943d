"""SimANS: neither too hard nor too easy, by the score alone."""

from __future__ import annotations

import math

import numpy as np

from trisampler.negatives.errors import NegativesError
from trisampler.negatives.sampler import Sampler, Stage


def simans(a: float = 0.5, b: float = 0.0) -> Sampler:
    """Prefer documents that score about as high as the positive, plus b.

    Args:
        a: sharpness of the peak.
        b: how far above the positive's score the peak lies, in logits. The paper's NQ setting is
            b=1; its released code has the sign of b the other way round.

    Raises:
        NegativesError: no sharpness, or no place of the peak.
    """
    _check_sharpness(a)
    if not math.isfinite(b):
        raise NegativesError(f"b is {b:g}, and has to be a number of logits")
    return Sampler(
        name="simans",
        pool="encoder",
        stages=(Stage(lambda scores: -a * np.square(scores.delta_PK - b)),),
        formula="p(d-) ~ exp(-a (delta - b)^2), delta = (s(q,d-) - s(q,d+)) / temperature",
        source="SimANS: Zhou et al., EMNLP 2022 Industry; dividing by the temperature is ours "
        "(its scores are unscaled dot products)",
    )


def simans_laplace(a: float = 3.0) -> Sampler:
    """What SimANS's released code for MS MARCO does.

    Args:
        a: sharpness of the peak.

    Raises:
        NegativesError: no sharpness.
    """
    _check_sharpness(a)
    return Sampler(
        name="simans-laplace",
        pool="encoder",
        stages=(Stage(lambda scores: -a * np.abs(scores.delta_PK)),),
        formula="p(d-) ~ exp(-a |delta|), delta = (s(q,d-) - s(q,d+)) / temperature",
        source="SimANS's released code; dividing by the temperature is ours",
    )


def _check_sharpness(a: float) -> None:
    if not 0 < a < math.inf:
        raise NegativesError(
            f"a is {a:g}, and has to be above 0: at 0 all weigh the same, and below it those "
            "farthest from the positive's score weigh most"
        )
