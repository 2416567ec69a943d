"""NV-Retriever's screen by a share of the positive's score."""

from __future__ import annotations

import numpy as np

from trisampler.negatives.arrays import Float64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.sampler import LogWeight, Sampler, Stage
from trisampler.negatives.scores import PairScores

_FORMULA = "drop s(q,d-) > s(q,d+) - (1 - share) |s(q,d+)|, then "
_SOURCE = "NV-Retriever: Moreira et al., 2024 (TopK-PercPos, share .95)"


def perc_pos(share: float = 0.95) -> Sampler:
    """The nearest documents below a share of the positive's score.

    Args:
        share: the highest score of a negative, as a share of s(q,d+). Where s(q,d+) is negative,
            the limit lies as far *below* it as for a positive one; s * share would lie above.

    Raises:
        NegativesError: no share above 0 and up to 1.
    """
    stage = Stage(_below_share(share), in_order=True)
    return Sampler("perc-pos", "encoder", (stage,), _FORMULA + "the first n", _SOURCE)


def perc_pos_uniform(share: float = 0.95) -> Sampler:
    """Uniform over the documents below a share of the positive's score.

    Args:
        share: as in `perc_pos`.

    Raises:
        NegativesError: as `perc_pos`.
    """
    stage = Stage(_below_share(share))
    return Sampler("perc-pos-uniform", "encoder", (stage,), _FORMULA + "uniform", _SOURCE)


def _below_share(share: float) -> LogWeight:
    if not 0 < share <= 1:
        raise NegativesError(f"share is {share:g}, and has to be above 0 and at most 1")

    def log_weight(scores: PairScores) -> Float64:
        positive_P = scores.s_q_pos_P.astype(np.float64)
        ceiling_P = positive_P - (1.0 - share) * np.abs(positive_P)
        return np.where(scores.s_q_cand_PK > ceiling_P[:, None], -np.inf, 0.0)

    return log_weight
