"""Which (query, document) pairs a teacher is asked about."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_PAIR = ("query_id", "doc_id")


def pairs_to_score(
    judgements: pl.DataFrame,
    of_queries: Sequence[pl.DataFrame],
    of_positives: Sequence[pl.DataFrame],
    depth: int,
) -> pl.DataFrame:
    """Every positive of each query that has one, and the first candidates of each pool.

    Args:
        judgements: query_id, doc_id, relevance; 1 or more is a positive. Candidates of other
            queries are left out.
        of_queries: candidates of queries: query_id, doc_id, rank.
        of_positives: candidates that belong to a positive, whose id is in query_id.
        depth: the greatest rank that is looked at.

    Returns:
        query_id and doc_id, each pair once, sorted.
    """
    positives = judgements.filter(pl.col("relevance") >= 1).select(_PAIR)
    found = [_first(table, depth) for table in of_queries]
    for table in of_positives:
        near = _first(table, depth).rename({"query_id": "positive_id", "doc_id": "near_id"})
        pairs = positives.join(near, left_on="doc_id", right_on="positive_id")
        found.append(pairs.select("query_id", doc_id="near_id"))
    pairs = pl.concat([positives, *found]).join(positives, on="query_id", how="semi")
    return pairs.unique().sort(_PAIR)


def _first(table: pl.DataFrame, depth: int) -> pl.DataFrame:
    return table.filter(pl.col("rank") <= depth).select(_PAIR)
