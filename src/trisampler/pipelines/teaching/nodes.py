"""Nodes that ask a teacher; only pairs that its cache lacks are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trisampler.encoders.vector_cache import VectorCache
from trisampler.incremental.outside import reads_outside
from trisampler.incremental.own_functions import calls_named
from trisampler.incremental.parts import looks_at
from trisampler.teachers.model import digest_teacher
from trisampler.teachers.settings import TeacherSettings


def _how_it_scores(teacher: TeacherSettings) -> TeacherSettings | None:
    return None if teacher.name is None else teacher


@reads_outside("teacher", digest_teacher)
@looks_at("teacher", _how_it_scores)
@calls_named("sampler", lambda name: (name,))
def score_candidates(
    candidates: pl.DataFrame,
    lexical_candidates: pl.DataFrame,
    neighbours: pl.DataFrame,
    given_negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    train_judgements: pl.DataFrame,
    teacher_cache: VectorCache,
    teacher: TeacherSettings,
    sampler: str,
    sampler_parameters: Mapping[str, float],
    pools: Sequence[str],
) -> pl.DataFrame:
    """Score positives and the candidates of the pools in use; empty without a teacher."""
    from trisampler.negatives.registry import build_sampler
    from trisampler.teachers.candidates import pairs_to_score
    from trisampler.teachers.scoring import SCORES_SCHEMA, score_pairs

    default = build_sampler(sampler, sampler_parameters).pool
    if teacher.name is None or default is None:
        return pl.DataFrame(schema=SCORES_SCHEMA)
    of_queries = {
        "encoder": candidates,
        "lexical": lexical_candidates,
        "given": given_negatives,
    }
    in_use = pools or (default,)
    pairs = pairs_to_score(
        train_judgements,
        [table for name, table in of_queries.items() if name in in_use],
        [neighbours] if "neighbours" in in_use else [],
        teacher.depth,
    )
    return score_pairs(pairs, queries, corpus, teacher, teacher_cache)
