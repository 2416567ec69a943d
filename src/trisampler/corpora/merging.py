"""Queries of equal normalised text made one, with the judgements of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from trisampler.corpora.query_text import normalize_query

_SHOWN_GROUPS = 5


@dataclass(frozen=True)
class MergedQueries:
    """Queries that all differ in normalised text.

    Attributes:
        queries: query_id, text, source, normalized_text; of each group the row with the smallest
            id.
        judgements: query_id, doc_id, relevance, split; at most one row of a document for a query
            in a split, the highest relevance.
        kept_ids: query_id, kept_id; of every query the id of its group.
        report: how many were merged, with a few examples.
    """

    queries: pl.DataFrame
    judgements: pl.DataFrame
    kept_ids: pl.DataFrame
    report: dict[str, Any]


def merge_equal_queries(queries: pl.DataFrame, judgements: pl.DataFrame) -> MergedQueries:
    """Merge queries whose normalised texts are equal.

    Args:
        queries: query_id, text, source.
        judgements: query_id, doc_id, relevance, split.
    """
    texts = [normalize_query(text) for text in queries["text"].to_list()]
    grouped = queries.with_columns(pl.Series("normalized_text", texts, dtype=pl.String))
    grouped = grouped.with_columns(kept_id=pl.col("query_id").min().over("normalized_text"))
    kept_ids = grouped.select("query_id", "kept_id")
    mapped = judgements.join(kept_ids, on="query_id")
    mapped = mapped.with_columns(query_id="kept_id").drop("kept_id")
    merged = mapped.group_by("split", "query_id", "doc_id").agg(pl.col("relevance").max())
    kept = grouped.filter(pl.col("query_id") == pl.col("kept_id")).drop("kept_id")
    groups = (
        grouped.group_by("kept_id")
        .agg(pl.col("query_id").sort(), pl.len().alias("size"))
        .filter(pl.col("size") > 1)
        .sort("kept_id")
    )
    report = {
        "groups": groups.height,
        "queries_merged_away": queries.height - kept.height,
        "judgements_merged_away": mapped.height - merged.height,
        "examples": groups.head(_SHOWN_GROUPS)["query_id"].to_list(),
    }
    return MergedQueries(
        kept.sort("query_id"),
        merged.select("query_id", "doc_id", "relevance", "split"),
        kept_ids,
        report,
    )
