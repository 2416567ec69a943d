"""How many drawn "negatives" are in truth relevant, and how much two rounds share."""

from __future__ import annotations

import polars as pl

from trisampler.hashing import unit_interval

_PAIR = ("query_id", "doc_id")


def hide_judgements(
    judgements: pl.DataFrame, share: float, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part positives into those that training sees and those kept back for the audit.

    Which are kept back is a function of seed and ids. Each query keeps at least one positive; what
    is judged irrelevant stays visible.

    Args:
        judgements: query_id, doc_id, relevance.
        share: of the positives to keep back, on average.
        seed: of the choice.

    Returns:
        The visible and the hidden judgements.
    """
    chance = pl.Series(
        "_chance",
        [
            unit_interval(seed, "hidden judgement", query_id, doc_id)
            for query_id, doc_id in judgements.select(_PAIR).iter_rows()
        ],
        dtype=pl.Float64,
    )
    positive = pl.col("relevance") >= 1
    kept_anyway = pl.col("_chance") == pl.col("_chance").filter(positive).max().over("query_id")
    marked = judgements.with_columns(chance).with_columns(
        _hidden=positive & (pl.col("_chance") < share) & ~kept_anyway
    )
    return (
        marked.filter(~pl.col("_hidden")).select(judgements.columns),
        marked.filter("_hidden").select(judgements.columns),
    )


def false_negatives(negatives: pl.DataFrame, fuller_judgements: pl.DataFrame) -> pl.DataFrame:
    """The negatives that fuller judgements call relevant.

    Args:
        negatives: a negatives table.
        fuller_judgements: query_id, doc_id, relevance, with what was hidden from the draw.
    """
    relevant = fuller_judgements.filter(pl.col("relevance") >= 1).select(
        "query_id", negative_id="doc_id"
    )
    return negatives.join(relevant, on=["query_id", "negative_id"], how="semi")


def false_negative_rate(negatives: pl.DataFrame, fuller_judgements: pl.DataFrame) -> float | None:
    """The share of negatives that fuller judgements call relevant; None without negatives.

    What nobody judged counts as irrelevant, so this is a lower bound.
    """
    if negatives.is_empty():
        return None
    return false_negatives(negatives, fuller_judgements).height / negatives.height


def overlap(negatives: pl.DataFrame, former: pl.DataFrame) -> float | None:
    """The share of negatives that the same pair had in a former table; None without negatives."""
    if negatives.is_empty():
        return None
    key = ["query_id", "positive_id", "negative_id"]
    return negatives.join(former, on=key, how="semi").height / negatives.height
