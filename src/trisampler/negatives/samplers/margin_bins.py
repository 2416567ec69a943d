"""Margins of a teacher, evenly covered."""

from __future__ import annotations

import numpy as np

from trisampler.negatives.arrays import Float64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.sampler import Sampler, Stage
from trisampler.negatives.scores import PairScores


def margin_bins(bins: float = 10.0) -> Sampler:
    """Draw a bin of teacher margins, then a document of that bin.

    The margins t(q,d+) - t(q,d-) of a query's candidates are cut into bins of equal width. The
    first draw is exactly a uniform choice of a non-empty bin and of a document in it; later
    draws keep those weights over what is left. Candidates without a teacher score are left out.

    Args:
        bins: how many bins a query's margins are cut into.

    Raises:
        NegativesError: not a number of bins.
    """
    if not (bins >= 1 and float(bins).is_integer()):
        raise NegativesError(f"bins is {bins:g}, and has to be a whole number of 1 or more")
    count = int(bins)

    def log_weight(scores: PairScores) -> Float64:
        teacher_q_pos_P, teacher_q_cand_PK = scores.teacher_q_pos_P, scores.teacher_q_cand_PK
        if teacher_q_pos_P is None or teacher_q_cand_PK is None:
            raise ValueError("margin-bins needs teacher scores")
        margin_PK = teacher_q_pos_P[:, None].astype(np.float64) - teacher_q_cand_PK
        usable_PK = scores.eligible_PK & ~np.isnan(margin_PK)
        low_P = np.where(usable_PK, margin_PK, np.inf).min(axis=1, initial=np.inf)
        high_P = np.where(usable_PK, margin_PK, -np.inf).max(axis=1, initial=-np.inf)
        width_P = np.where(high_P > low_P, high_P - low_P, 1.0)
        place_PK = np.where(usable_PK, (margin_PK - low_P[:, None]) / width_P[:, None], 0.0)
        bin_PK = np.minimum((place_PK * count).astype(np.int64), count - 1)
        weights_PK = np.full(margin_PK.shape, -np.inf)
        for each in range(count):
            inside_PK = usable_PK & (bin_PK == each)
            size_P = np.maximum(inside_PK.sum(axis=1), 1)
            weights_PK = np.where(inside_PK, -np.log(size_P)[:, None], weights_PK)
        return weights_PK

    return Sampler(
        name="margin-bins",
        pool="encoder",
        stages=(Stage(log_weight),),
        formula="a bin of equal width of t(q,d+) - t(q,d-), then a document of it",
        source="TAS-B's balanced margins: Hofstaetter et al., SIGIR 2021; the bins are set per "
        "query over its candidates, which is ours",
        needs_teacher=True,
    )
