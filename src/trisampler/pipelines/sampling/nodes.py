"""Nodes that draw negatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.incremental.own_functions import calls_named
from trisampler.negatives.settings import SamplingSettings


def negatives_drawer(round_number: int) -> Callable[..., Any]:
    """The node function of one round; the round's number is part of the noise's key."""

    @calls_named("sampling", lambda sampling: (sampling.sampler,))
    def draw_negatives(
        candidates: pl.DataFrame,
        lexical_candidates: pl.DataFrame,
        neighbours: pl.DataFrame,
        teacher_scores: pl.DataFrame,
        query_embeddings: Embeddings,
        corpus_embeddings: Embeddings,
        corpus: pl.DataFrame,
        train_judgements: pl.DataFrame,
        given_negatives: pl.DataFrame,
        sampling: SamplingSettings,
        seed: int,
    ) -> tuple[pl.DataFrame, dict[str, Any], pl.DataFrame, pl.DataFrame]:
        """Draw each training pair's negatives; also what is to be known about the draw."""
        from trisampler.negatives.mining import draw_negatives as draw

        drawn = draw(
            candidates,
            query_embeddings,
            corpus_embeddings,
            corpus,
            train_judgements,
            sampling,
            seed=seed,
            round_number=round_number,
            lexical=lexical_candidates,
            neighbours=neighbours,
            given=given_negatives,
            teacher=None if teacher_scores.is_empty() else teacher_scores,
        )
        return drawn.table, drawn.diagnostics, drawn.plane, drawn.near_duplicates

    return draw_negatives
