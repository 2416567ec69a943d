"""Many samplers on the same candidates, before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from trisampler.negatives.audit import MinedRound, count_false_negatives
from trisampler.negatives.drawn import FALLBACK
from trisampler.negatives.round import Negatives
from trisampler.negatives.settings import SamplingSettings

SURVEY_SCHEMA = {
    "sampler": pl.String,
    "formula": pl.String,
    "negatives": pl.Int64,
    "effective_sample_size": pl.Float64,
    "drawn_share_leaning_to_positive": pl.Float64,
    "drawn_share_harder_than_positive": pl.Float64,
    "share_filled_or_fallen_back": pl.Float64,
    "false_negatives": pl.Int64,
    "false_negative_rate": pl.Float64,
    "false_negative_rate_low": pl.Float64,
    "false_negative_rate_high": pl.Float64,
}


@dataclass(frozen=True)
class Survey:
    """What each sampler drew.

    Attributes:
        table: a row per sampler in the order asked for, with `SURVEY_SCHEMA`. The effective sample
            size is that of the weights of the sampler's first stage, the mean over pairs. False
            negatives are null without hidden judgements.
        plane: as that of `Negatives`, with the column sampler.
    """

    table: pl.DataFrame
    plane: pl.DataFrame


def survey_samplers(
    draw: Callable[[SamplingSettings], Negatives],
    settings: SamplingSettings,
    samplers: Sequence[str],
    candidates: pl.DataFrame,
    hidden_judgements: pl.DataFrame,
    coverage: float,
) -> Survey:
    """Draw with each sampler, its parameters and pools at their defaults, all else the same.

    Args:
        draw: the negatives of all pairs under given settings.
        settings: with the sampler and parameters to replace; those of their own sampler stay.
        samplers: names, as `sampling.sampler` takes them.
        candidates: the encoder's, with the column positive.
        hidden_judgements: what false negatives are counted by.
        coverage: of intervals, such as 0.95.
    """
    rows, planes = [], []
    for name in samplers:
        drawn = draw(with_sampler(settings, name))
        rows.append(_row(name, drawn, candidates, hidden_judgements, coverage))
        planes.append(drawn.plane.select(pl.lit(name).alias("sampler"), pl.all()))
    return Survey(pl.DataFrame(rows, schema=SURVEY_SCHEMA), pl.concat(planes))


def with_sampler(settings: SamplingSettings, name: str) -> SamplingSettings:
    """The settings for a sampler of a survey; those of their own sampler stay."""
    if name == settings.sampler:
        return settings
    return settings.model_copy(update={"sampler": name, "parameters": {}, "pools": ()})


def _row(
    name: str,
    drawn: Negatives,
    candidates: pl.DataFrame,
    hidden_judgements: pl.DataFrame,
    coverage: float,
) -> dict[str, Any]:
    told = drawn.diagnostics
    row = {column: told.get(column) for column in SURVEY_SCHEMA} | {"sampler": name}
    if "shortfalls" in told:
        row["effective_sample_size"] = told["effective_sample_size"]["first_stage"]["mean"]
        row["share_filled_or_fallen_back"] = _filled(told, drawn.table)
    if not hidden_judgements.is_empty():
        mined = MinedRound(drawn.table, candidates, told)
        false = count_false_negatives(mined, hidden_judgements, coverage)
        rate = false["rate"] or {}
        row |= {
            "false_negatives": false["number"],
            "false_negative_rate": rate.get("value"),
            "false_negative_rate_low": rate.get("low"),
            "false_negative_rate_high": rate.get("high"),
        }
    return row


def _filled(told: Mapping[str, Any], table: pl.DataFrame) -> float | None:
    """Negatives that the sampler's own weights did not draw."""
    fallen_back = table.filter(pl.col("source") == FALLBACK).height
    filled = told["shortfalls"]["filled_without_weight_negatives"]
    return round((filled + fallen_back) / table.height, 6) if table.height else None
