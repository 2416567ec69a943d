"""Nodes that draw with many samplers and show what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.incremental.own_functions import calls_named
from trisampler.negatives.settings import SamplingSettings, SurveySettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any


@calls_named("survey", lambda survey: survey.samplers)
def survey_samplers(
    candidates: pl.DataFrame,
    lexical_candidates: pl.DataFrame,
    neighbours: pl.DataFrame,
    given_negatives: pl.DataFrame,
    teacher_scores: pl.DataFrame,
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    corpus: pl.DataFrame,
    train_judgements: pl.DataFrame,
    hidden_judgements: pl.DataFrame,
    sampling: SamplingSettings,
    survey: SurveySettings,
    alpha: float,
    seed: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw with every sampler asked for: a row each, and where its negatives lie."""
    from trisampler.negatives.mining import draw_negatives
    from trisampler.negatives.survey import survey_samplers as survey_all

    draw = partial(
        draw_negatives,
        candidates,
        query_embeddings,
        corpus_embeddings,
        corpus,
        train_judgements,
        seed=seed,
        round_number=1,
        lexical=lexical_candidates,
        neighbours=neighbours,
        given=given_negatives,
        teacher=None if teacher_scores.is_empty() else teacher_scores,
    )
    surveyed = survey_all(draw, sampling, survey.samplers, candidates, hidden_judgements, 1 - alpha)
    return surveyed.table, surveyed.plane


def plot_samplers(table: pl.DataFrame, plane: pl.DataFrame) -> Figure:
    """A plane for every sampler."""
    from trisampler.evaluation.plots.planes import plot_planes

    return plot_planes(table, plane)


def write_survey(table: pl.DataFrame) -> str:
    """The table, in Markdown."""
    from trisampler.evaluation.survey_table import survey_markdown

    return survey_markdown(table)
