"""Which candidates may be drawn at all: the one mask of every sampler."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trisampler.negatives.arrays import Bool, Float32, Int64
from trisampler.negatives.lists import find_sorted, repeated


class Eligibility(NamedTuple):
    """The mask, and how many columns of each pair each rule took away (the first that applied).

    Attributes:
        eligible_PK: what may be drawn.
        excluded_P: per rule, in the order of application.
    """

    eligible_PK: Bool
    excluded_P: dict[str, Int64]


RULES = (
    "judged_positive",
    "text_identical",
    "repeated",
    "near_duplicate",
    "teacher",
    "teacher_unscored",
)


def judge_candidates(
    rows_PK: Int64,
    query_P: Int64,
    classes_N: Int64,
    positive_keys_X: Int64,
    positive_class_keys_X: Int64,
    near_PK: Bool,
    refused_PK: Bool | None = None,
    unscored_PK: Bool | None = None,
) -> Eligibility:
    """What may be drawn of each pair's candidates.

    Args:
        rows_PK: candidates' rows, -1 where there is none.
        query_P: queries' rows.
        classes_N: for each document the first row with the same text.
        positive_keys_X: sorted query * N + row of the judged positives.
        positive_class_keys_X: the same of their classes.
        near_PK: near-duplicates of a judged positive.
        refused_PK: what the teacher scores too high; None without a ceiling.
        unscored_PK: what is left out because the teacher has no score of it; None for nothing.
    """
    total = len(classes_N)
    offsets_P = query_P[:, None] * total
    valid_PK = rows_PK >= 0
    classes_PK = np.where(valid_PK, classes_N[rows_PK], -1)
    same_text_PK = find_sorted(offsets_P + classes_PK, positive_class_keys_X)[0] & valid_PK
    judged_PK = np.zeros_like(valid_PK)
    judged_PK[same_text_PK] = find_sorted((offsets_P + rows_PK)[same_text_PK], positive_keys_X)[0]
    nothing_PK = np.zeros_like(valid_PK)
    masks = (
        judged_PK,
        same_text_PK,
        repeated(classes_PK),
        near_PK,
        nothing_PK if refused_PK is None else refused_PK,
        nothing_PK if unscored_PK is None else unscored_PK,
    )
    eligible_PK = valid_PK
    excluded_P: dict[str, Int64] = {}
    for rule, mask_PK in zip(RULES, masks, strict=True):
        excluded_P[rule] = np.count_nonzero(eligible_PK & mask_PK, axis=1)
        eligible_PK = eligible_PK & ~mask_PK
    return Eligibility(eligible_PK, excluded_P)


def near_duplicates(
    guard: float,
    cos_q_pos_P: Float32,
    cos_pos_cand_PK: Float32,
    starts_Q: Int64,
    shared: int,
    cosines_to: Callable[[Int64, Int64], Float32],
) -> Bool:
    """Candidates that nearly are a judged positive: 1 - cos(d+,d-) < guard * (1 - cos(q,d+)).

    The measure is relative to the pair: a fixed threshold on cos(d+,d-) would empty the pool of an
    encoder all of whose cosines are high. A near-duplicate of one of the query's positives is no
    negative for any of them.

    Args:
        guard: 0 for none.
        cos_q_pos_P: the pairs, those of one query next to each other.
        cos_pos_cand_PK: cosines of each pair's own positive and its candidates.
        starts_Q: the first pair of each query.
        shared: how many leading columns hold the same document in all pairs of a query.
        cosines_to: from (pairs, pairs whose positive is meant) of equal length to the cosines of
            those positives with the first pairs' columns from `shared` on.
    """
    if guard == 0:
        return np.zeros(cos_pos_cand_PK.shape, dtype=bool)
    ceiling_P = guard * (1.0 - cos_q_pos_P)
    near_PK = 1.0 - cos_pos_cand_PK < ceiling_P[:, None]
    sizes_Q = np.diff(starts_Q, append=len(cos_q_pos_P))
    most = int(sizes_Q.max(initial=1))
    if most == 1:
        return near_PK
    near_shared_QK = np.logical_or.reduceat(near_PK[:, :shared], starts_Q, axis=0)
    near_PK[:, :shared] = np.repeat(near_shared_QK, sizes_Q, axis=0)
    if shared == near_PK.shape[1]:
        return near_PK
    first_P, size_P = np.repeat(starts_Q, sizes_Q), np.repeat(sizes_Q, sizes_Q)
    for step in range(1, most):
        pairs = np.flatnonzero(size_P > step)
        others = first_P[pairs] + (pairs - first_P[pairs] + step) % size_P[pairs]
        near_PK[pairs, shared:] |= 1.0 - cosines_to(pairs, others) < ceiling_P[others][:, None]
    return near_PK
