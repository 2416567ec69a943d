"""Scores, cosines and eligibility of a block's candidates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trisampler.negatives.arrays import Bool, Float32, Int64
from trisampler.negatives.eligibility import judge_candidates, near_duplicates
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import between
from trisampler.negatives.material import Block, Material
from trisampler.negatives.pools import Candidates
from trisampler.negatives.scores import PairScores
from trisampler.negatives.settings import SamplingSettings
from trisampler.negatives.vectors import gathered_products, norms, paired_products


class Scored(NamedTuple):
    """A block's candidates, measured.

    Attributes:
        scores: what samplers look at.
        excluded_P: per rule of eligibility, how many columns of each pair it took away.
        zero_P: pairs whose query or positive has a vector of length 0.
        near_PK: near-duplicates of a judged positive, the positives themselves among them.
    """

    scores: PairScores
    excluded_P: dict[str, Int64]
    zero_P: Bool
    near_PK: Bool


class _Measured(NamedTuple):
    """Raw scores and cosines; see `PairScores`."""

    s_q_pos_P: Float32
    s_q_cand_PK: Float32
    s_pos_cand_PK: Float32
    cos_q_pos_P: Float32
    cos_q_cand_PK: Float32
    cos_pos_cand_PK: Float32
    near_PK: Bool
    zero_P: Bool


def score_block(
    block: Block, candidates: Candidates, material: Material, settings: SamplingSettings
) -> Scored:
    """Measure the candidates of a block's pairs.

    Raises:
        NegativesError: a score that is not finite, named by query and document.
    """
    rows_PK = candidates.rows_PK
    measured = _measure(block, candidates, material, settings.guard)
    teacher_q_pos_P, teacher_q_cand_PK = _teacher_scores(block, rows_PK, material)
    refused_PK = unscored_PK = None
    if teacher_q_cand_PK is not None:
        if settings.teacher_ceiling is not None:
            refused_PK = teacher_q_cand_PK >= settings.teacher_ceiling
        if settings.teacher_unscored == "drop":
            ranked_K = np.array([source != "corpus" for source in candidates.sources])
            unscored_PK = np.isnan(teacher_q_cand_PK) & ranked_K
    low, high = block.key_range(material.total)
    eligible_PK, excluded_P = judge_candidates(
        rows_PK,
        block.query_P,
        material.corpus.classes_N,
        between(material.positive_keys_X, low, high),
        between(material.positive_class_keys_X, low, high),
        measured.near_PK,
        refused_PK,
        unscored_PK,
    )
    if settings.document_scores == "cosine":
        lean_PK = measured.cos_pos_cand_PK - measured.cos_q_cand_PK
    else:
        lean_PK = measured.s_pos_cand_PK - measured.s_q_cand_PK
    if settings.document_offset == "median":
        lean_PK = lean_PK - _median(lean_PK, eligible_PK)[:, None]
    scores = PairScores(
        *measured[:6],
        eligible_PK=eligible_PK,
        lean_PK=lean_PK,
        temperature=settings.temperature,
        teacher_q_pos_P=teacher_q_pos_P,
        teacher_q_cand_PK=teacher_q_cand_PK,
    )
    near_PK = measured.near_PK & (rows_PK >= 0)
    return Scored(scores, excluded_P, measured.zero_P, near_PK)


def _measure(block: Block, candidates: Candidates, material: Material, guard: float) -> _Measured:
    rows_PK = candidates.rows_PK
    query_PD = material.queries.vectors(block.query_P)
    matrix_ND, norms_N, (positive_P, local_PK) = material.corpus.reader.gather(
        block.positive_P, rows_PK
    )
    positive_PD = matrix_ND[positive_P]
    s_q_pos_P = paired_products(query_PD, positive_PD)
    s_pos_cand_PK = gathered_products(positive_PD, matrix_ND, local_PK)
    known = candidates.search_scores_PK.shape[1]
    computed_PK = gathered_products(query_PD, matrix_ND, local_PK[:, known:])
    s_q_cand_PK = np.hstack([candidates.search_scores_PK, computed_PK])
    s_q_cand_PK[rows_PK < 0] = 0.0
    _check_finite(s_q_pos_P[:, None], block.positive_P[:, None], block, material)
    _check_finite(s_q_cand_PK, rows_PK, block, material)
    _check_finite(s_pos_cand_PK, rows_PK, block, material)

    query_norm_P, positive_norm_P, norm_PK = norms(query_PD), norms_N[positive_P], norms_N[local_PK]
    cos_q_pos_P = _cosines(s_q_pos_P, query_norm_P * positive_norm_P)
    cos_pos_cand_PK = _cosines(s_pos_cand_PK, positive_norm_P[:, None] * norm_PK)

    def cosines_to(pairs: Int64, others: Int64) -> Float32:
        own = (pairs, slice(candidates.shared, None))
        products_SK = gathered_products(positive_PD[others], matrix_ND, local_PK[own])
        return _cosines(products_SK, positive_norm_P[others, None] * norm_PK[own])

    near_PK = near_duplicates(
        guard, cos_q_pos_P, cos_pos_cand_PK, block.starts_Q, candidates.shared, cosines_to
    )
    return _Measured(
        s_q_pos_P,
        s_q_cand_PK,
        s_pos_cand_PK,
        cos_q_pos_P,
        _cosines(s_q_cand_PK, query_norm_P[:, None] * norm_PK),
        cos_pos_cand_PK,
        near_PK,
        (query_norm_P == 0) | (positive_norm_P == 0),
    )


def _cosines(products: Float32, lengths: Float32) -> Float32:
    """Products over lengths, within [-1, 1]; 0 where a length is 0."""
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.clip(cosines, -1.0, 1.0, out=cosines)


def _median(lean_PK: Float32, eligible_PK: Bool) -> Float32:
    """The median of each pair's eligible columns (P,); 0 where there are none."""
    sorted_PK = np.sort(np.where(eligible_PK, lean_PK, np.float32(np.inf)), axis=1)
    count_P = np.count_nonzero(eligible_PK, axis=1)
    pair_P = np.arange(len(count_P))
    low_P = sorted_PK[pair_P, np.maximum(count_P - 1, 0) // 2]
    high_P = sorted_PK[pair_P, np.minimum(count_P // 2, sorted_PK.shape[1] - 1)]
    middle_P = low_P + (high_P - low_P) / np.float32(2)
    return np.where(count_P > 0, middle_P, np.float32(0))


def _teacher_scores(
    block: Block, rows_PK: Int64, material: Material
) -> tuple[Float32 | None, Float32 | None]:
    if material.teacher is None:
        return None, None
    offsets_P = block.query_P * material.total
    keys_PK = np.where(rows_PK >= 0, offsets_P[:, None] + rows_PK, -1)
    teacher = material.teacher.among(*block.key_range(material.total))
    return teacher.find(offsets_P + block.positive_P), teacher.find(keys_PK)


def _check_finite(scores_PK: Float32, rows_PK: Int64, block: Block, material: Material) -> None:
    bad_PK = ~np.isfinite(scores_PK)
    if not bad_PK.any():
        return
    pair, column = (int(each[0]) for each in np.nonzero(bad_PK))
    raise NegativesError(
        f"query {material.query_ids[block.query_P[pair]]!r}, positive "
        f"{material.corpus.ids[block.positive_P[pair]]!r}: a score with document "
        f"{material.corpus.ids[rows_PK[pair, column]]!r} is {scores_PK[pair, column]}; the "
        "vectors hold NaN or infinity, or overflow: embed them in float32 or bfloat16, and search "
        "again"
    )
