"""What is to be known about a round's draw, per pair and in sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trisampler.negatives.arrays import Bool, Float64, Int64
from trisampler.negatives.draw import effective_size, entropy
from trisampler.negatives.eligibility import RULES
from trisampler.negatives.pools import Candidates
from trisampler.negatives.sampler import Sampler
from trisampler.negatives.samplers.tri import leaning, near_positive
from trisampler.negatives.scores import PairScores
from trisampler.negatives.scoring import Scored
from trisampler.negatives.settings import SamplingSettings
from trisampler.negatives.stages import Outcome

PairStatistics = dict[str, npt.NDArray[Any]]
"""One array (P,) per statistic."""


def pair_statistics(
    sampler: Sampler, candidates: Candidates, scored: Scored, outcome: Outcome
) -> PairStatistics:
    """What happened to each pair of a block, before any fall-back.

    The effective sample sizes are those of tri's g, at the paper's width, and of g * r, whatever
    the sampler: they describe the candidates, and stay comparable between samplers.
    """
    scores = scored.scores
    eligible_PK = scores.eligible_PK
    log_g_PK = np.where(eligible_PK, near_positive()(scores), -np.inf)
    harder_PK = scores.s_q_cand_PK > scores.s_q_pos_P[:, None]
    leans_PK = scores.lean_PK > 0
    drawn_PK = outcome.drawn_PK
    return {
        "candidates": _count(candidates.rows_PK >= 0),
        "eligible": _count(eligible_PK),
        **{f"excluded_{rule}": scored.excluded_P[rule] for rule in RULES},
        "leaning": _count(eligible_PK & leans_PK),
        "harder": _count(eligible_PK & harder_PK),
        "effective_size_g": effective_size(log_g_PK),
        "effective_size_g_r": effective_size(log_g_PK + leaning(scores)),
        "entropy": _entropy(sampler, candidates, outcome),
        "effective_size": _effective_size(sampler, candidates, outcome),
        "kept": outcome.kept_P,
        "drawn": _count(outcome.mask_Pn),
        "drawn_leaning": _count(drawn_PK & leans_PK),
        "drawn_harder": _count(drawn_PK & harder_PK),
        "filled": _count(outcome.filled_Pn),
        "zero_vector": scored.zero_P,
        **_without_teacher_score(scores, drawn_PK),
    }


def describe(
    statistics: PairStatistics, sampler: Sampler, settings: SamplingSettings, written_P: Int64
) -> dict[str, Any]:
    """The round in numbers, ready for JSON; means and shares of nothing are None.

    Args:
        statistics: of all P pairs; empty where nothing was to be drawn.
        sampler: that drew.
        settings: it drew with.
        written_P: how many negatives each pair got, the fall-back included.
    """
    return {
        "sampler": sampler.name,
        "formula": sampler.formula,
        "sampler_source": sampler.source,
        "settings": settings.model_dump(mode="json"),
        "pairs": len(written_P),
        "negatives": int(written_P.sum()),
        **(_summary(statistics, sampler, settings.negatives, written_P) if statistics else {}),
    }


def _summary(
    statistics: PairStatistics, sampler: Sampler, negatives: int, written_P: Int64
) -> dict[str, Any]:
    eligible, drawn = statistics["eligible"], statistics["drawn"]
    summary: dict[str, Any] = {
        "candidates_per_pair": _mean(statistics["candidates"]),
        "eligible_per_pair": _mean(eligible),
        "excluded": {rule: int(statistics[f"excluded_{rule}"].sum()) for rule in RULES},
        "share_leaning_to_positive": _share(statistics["leaning"], eligible),
        "share_harder_than_positive": _share(statistics["harder"], eligible),
        "drawn_share_leaning_to_positive": _share(statistics["drawn_leaning"], drawn),
        "drawn_share_harder_than_positive": _share(statistics["drawn_harder"], drawn),
        "effective_sample_size": {
            "g": _quartiles(statistics["effective_size_g"]),
            "g_r": _quartiles(statistics["effective_size_g_r"]),
            "first_stage": _quartiles(statistics["effective_size"]),
        },
        "entropy": _mean(statistics["entropy"]),
        "shortfalls": {
            "fewer_than_asked_pairs": int(((drawn > 0) & (drawn < negatives)).sum()),
            "filled_without_weight_negatives": int(statistics["filled"].sum()),
            "no_candidates_pairs": int((statistics["candidates"] == 0).sum()),
            "fallback_pairs": int(((drawn == 0) & (written_P > 0)).sum()),
            "empty_pairs": int((written_P == 0).sum()),
        },
        "zero_vector_pairs": int(statistics["zero_vector"].sum()),
    }
    if "unscored" in statistics:
        summary["share_without_teacher_score"] = _share(statistics["unscored"], eligible)
        summary["drawn_share_without_teacher_score"] = _share(statistics["drawn_unscored"], drawn)
    keep = sampler.stages[0].keep
    if keep is not None:
        least, most = keep.bounds(negatives)
        kept = statistics["kept"]
        summary["kept_by_first_stage"] = {
            **_quartiles(kept),
            "share_at_least": _mean(kept == least),
            "share_at_most": _mean(kept == most),
            "bounds": [least, most],
        }
    return summary


def _without_teacher_score(scores: PairScores, drawn_PK: Bool) -> PairStatistics:
    """How many eligible and how many drawn columns have no score, where there is a teacher."""
    if scores.teacher_q_cand_PK is None:
        return {}
    unscored_PK = np.isnan(scores.teacher_q_cand_PK)
    return {
        "unscored": _count(scores.eligible_PK & unscored_PK),
        "drawn_unscored": _count(drawn_PK & unscored_PK),
    }


def _entropy(sampler: Sampler, candidates: Candidates, outcome: Outcome) -> Float64:
    """Of the first draw of the first stage, in nats; of the pool, where its order decides."""
    if sampler.stages[0].in_order:
        return np.asarray(-candidates.order_log_probability_PK[:, 0])
    return entropy(outcome.first_log_weights_PK)


def _effective_size(sampler: Sampler, candidates: Candidates, outcome: Outcome) -> Float64:
    """Of the first stage's weights; where a pool's order decides, of its first draw."""
    if sampler.stages[0].in_order:
        return np.exp(-candidates.order_log_probability_PK[:, 0])
    return effective_size(outcome.first_log_weights_PK)


def _count(mask_PK: Bool) -> Int64:
    return np.asarray(np.count_nonzero(mask_PK, axis=1))


def _mean(values: npt.NDArray[Any]) -> float | None:
    return round(float(values.mean(dtype=np.float64)), 6) if len(values) else None


def _share(part: Int64, whole: Int64) -> float | None:
    return round(int(part.sum()) / int(whole.sum()), 6) if whole.sum() else None


def _quartiles(values: npt.NDArray[Any]) -> dict[str, float | None]:
    if not len(values):
        return dict.fromkeys(("mean", "least", "lower", "median", "upper", "most"))
    points = np.quantile(values.astype(np.float64), [0, 0.25, 0.5, 0.75, 1])
    names = ("least", "lower", "median", "upper", "most")
    return {
        "mean": _mean(values),
        **{name: round(float(point), 6) for name, point in zip(names, points, strict=True)},
    }
