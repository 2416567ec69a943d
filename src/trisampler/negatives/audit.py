"""All rounds in numbers: how often "negatives" are relevant in truth, and how rounds change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from trisampler.negatives.intervals import Interval, difference_interval, share_interval

_FROM_DIAGNOSTICS = (
    "sampler",
    "pairs",
    "negatives",
    "share_leaning_to_positive",
    "share_harder_than_positive",
    "drawn_share_leaning_to_positive",
    "drawn_share_harder_than_positive",
    "effective_sample_size",
    "kept_by_first_stage",
    "entropy",
    "excluded",
    "shortfalls",
)


@dataclass(frozen=True)
class MinedRound:
    """What a round's mining left.

    Attributes:
        negatives: the table of `draw_negatives`.
        candidates: the encoder's: query_id, doc_id, positive (judged so, and never drawn).
        diagnostics: of `draw_negatives`.
    """

    negatives: pl.DataFrame
    candidates: pl.DataFrame
    diagnostics: Mapping[str, Any]


def audit_rounds(
    rounds: Sequence[MinedRound], hidden_judgements: pl.DataFrame, coverage: float
) -> dict[str, Any]:
    """All rounds in numbers, ready for JSON; what a round has not is None.

    Args:
        rounds: in their order.
        hidden_judgements: query_id, doc_id, relevance: what was kept from mining and training.
        coverage: of intervals, such as 0.95.
    """
    formers = [None, *(each.negatives for each in rounds[:-1])]
    return {
        "hidden_judgements": hidden_judgements.height,
        "hidden_queries": hidden_judgements["query_id"].n_unique(),
        "coverage": coverage,
        "rounds": [
            {
                "round": number,
                **{name: each.diagnostics.get(name) for name in _FROM_DIAGNOSTICS},
                **_limits(each.diagnostics),
                "overlap_with_former_round": _rounded(
                    None if former is None else overlap(each.negatives, former)
                ),
                "false_negatives": None
                if hidden_judgements.is_empty()
                else count_false_negatives(each, hidden_judgements, coverage),
            }
            for number, (each, former) in enumerate(zip(rounds, formers, strict=True), start=1)
        ],
    }


def count_false_negatives(
    mined: MinedRound, hidden_judgements: pl.DataFrame, coverage: float
) -> dict[str, Any]:
    """How many negatives of a round are judged relevant in truth, against what chance would draw.

    What nobody judged counts as irrelevant, so all rates are lower bounds. The base rate is that of
    replacing each negative by a uniform draw from its query's candidates without the judged
    positives, before any guard; so a sampler is measured on its own queries.

    Args:
        mined: the round.
        hidden_judgements: query_id, doc_id, relevance.
        coverage: of intervals over queries.
    """
    found = false_negatives(mined.negatives, hidden_judgements)
    pairs = found.select("query_id", "positive_id").n_unique()
    return {
        "number": found.height,
        **_rates(mined, found, hidden_judgements, coverage),
        "pairs": pairs,
        "share_of_pairs": _rounded(_share(pairs, mined.diagnostics["pairs"])),
        "by_source": _by_source(mined.negatives, found),
    }


def false_negatives(negatives: pl.DataFrame, judgements: pl.DataFrame) -> pl.DataFrame:
    """The negatives that judgements call relevant.

    Args:
        negatives: a negatives table.
        judgements: query_id, doc_id, relevance, with what was hidden from the draw.
    """
    return negatives.join(
        _relevant(judgements),
        left_on=["query_id", "negative_id"],
        right_on=["query_id", "doc_id"],
        how="semi",
    )


def overlap(negatives: pl.DataFrame, former: pl.DataFrame) -> float | None:
    """The share of negatives that the same pair had in a former table; None without negatives."""
    key = ["query_id", "positive_id", "negative_id"]
    return _share(negatives.join(former, on=key, how="semi").height, negatives.height)


def _limits(diagnostics: Mapping[str, Any]) -> dict[str, float | None]:
    """How often the guard and a want of weight decided, as shares."""
    filled = guarded = None
    if "candidates_per_pair" in diagnostics:
        shortfalls, excluded = diagnostics["shortfalls"], diagnostics["excluded"]
        candidates = diagnostics["candidates_per_pair"] * diagnostics["pairs"]
        filled = _share(shortfalls["filled_without_weight_negatives"], diagnostics["negatives"])
        guarded = _share(excluded["near_duplicate"], candidates)
    return {
        "share_filled_without_weight": _rounded(filled),
        "share_of_candidates_guarded": _rounded(guarded),
    }


def _rates(
    mined: MinedRound, found: pl.DataFrame, hidden_judgements: pl.DataFrame, coverage: float
) -> dict[str, Any]:
    names = ("rate", "base_rate", "rate_minus_base_rate")
    if mined.negatives.is_empty():
        return dict.fromkeys(names)
    offered = mined.candidates.filter(~pl.col("positive"))
    relevant = offered.join(_relevant(hidden_judgements), on=["query_id", "doc_id"], how="semi")
    table = (
        _per_query(mined.negatives, "drawn")
        .join(_per_query(found, "false"), on="query_id", how="left")
        .join(_per_query(offered, "offered"), on="query_id", how="left")
        .join(_per_query(relevant, "relevant"), on="query_id", how="left")
        .sort("query_id")
        .fill_null(0)
    )
    drawn_Q, false_Q, offered_Q, relevant_Q = (
        table[name].to_numpy().astype(np.float64)
        for name in ("drawn", "false", "offered", "relevant")
    )
    expected_Q = drawn_Q * relevant_Q / np.maximum(offered_Q, 1)
    intervals = (
        share_interval(false_Q, drawn_Q, coverage),
        share_interval(expected_Q, drawn_Q, coverage),
        difference_interval(false_Q, expected_Q, drawn_Q, coverage),
    )
    return {name: _plain(interval) for name, interval in zip(names, intervals, strict=True)}


def _by_source(negatives: pl.DataFrame, found: pl.DataFrame) -> dict[str, Any]:
    false = dict(found["source"].value_counts().iter_rows())
    return {
        source: {
            "negatives": drawn,
            "number": false.get(source, 0),
            "rate": _rounded(false.get(source, 0) / drawn),
        }
        for source, drawn in negatives["source"].value_counts().sort("source").iter_rows()
    }


def _relevant(judgements: pl.DataFrame) -> pl.DataFrame:
    return judgements.filter(pl.col("relevance") >= 1).select("query_id", "doc_id")


def _per_query(table: pl.DataFrame, name: str) -> pl.DataFrame:
    return table.group_by("query_id").len(name)


def _plain(interval: Interval) -> dict[str, float | None]:
    return {name: _rounded(value) for name, value in interval._asdict().items()}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
