"""How many drawn "negatives" are in truth relevant, and how much two rounds share."""

from __future__ import annotations

import polars as pl


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
