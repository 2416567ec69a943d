"""NV-Retriever's screen by a margin below the positive's score."""

from __future__ import annotations

import math

import numpy as np

from trisampler.negatives.arrays import Float64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.sampler import LogWeight, Sampler, Stage
from trisampler.negatives.scores import PairScores

_FORMULA = "drop s(q,d-) > s(q,d+) - margin, then "
_SOURCE = "NV-Retriever: Moreira et al., 2024 (TopK-MarginPos, margin .05)"


def margin_pos(margin: float = 0.05) -> Sampler:
    """The nearest documents that score lower than the positive by a margin.

    Args:
        margin: how far below s(q,d+) a negative scores at least, in raw scores (cosines, for a
            normalised encoder).

    Raises:
        NegativesError: a margin below 0, which would let through what scores above the positive.
    """
    stage = Stage(_below_margin(margin), in_order=True)
    return Sampler("margin-pos", "encoder", (stage,), _FORMULA + "the first n", _SOURCE)


def margin_pos_uniform(margin: float = 0.05) -> Sampler:
    """Uniform over the documents that score lower than the positive by a margin.

    Args:
        margin: as in `margin_pos`.

    Raises:
        NegativesError: as `margin_pos`.
    """
    stage = Stage(_below_margin(margin))
    return Sampler("margin-pos-uniform", "encoder", (stage,), _FORMULA + "uniform", _SOURCE)


def _below_margin(margin: float) -> LogWeight:
    if not 0 <= margin < math.inf:
        raise NegativesError(f"margin is {margin:g}, and has to be 0 or more")

    def log_weight(scores: PairScores) -> Float64:
        ceiling_P = scores.s_q_pos_P.astype(np.float64) - margin
        return np.where(scores.s_q_cand_PK > ceiling_P[:, None], -np.inf, 0.0)

    return log_weight
