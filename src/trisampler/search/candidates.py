"""Ranked documents as a table: candidates, and runs, which have the same columns.

Shapes: Q queries, K columns, N documents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from trisampler.search.arrays import Float32, Int32, Int64
from trisampler.search.order import TopK

RANKED_COLUMNS = {
    "query_id": pl.String,
    "doc_id": pl.String,
    "rank": pl.Int32,
    "score": pl.Float32,
}
"""Sorted by query_id and rank; ranks count from 1, and follow the one order."""


def candidates_table(query_ids: Sequence[str], doc_ids: Sequence[str], found: TopK) -> pl.DataFrame:
    """The results of each query as a table with `RANKED_COLUMNS`.

    Args:
        query_ids: id of each of the Q queries, increasing.
        doc_ids: id of each row of the corpus.
        found: rows and scores (Q, K).
    """
    queries, depth = found.rows_QK.shape
    counts_Q = np.full(queries, depth)
    return ranked_table(
        query_ids, doc_ids, counts_Q, found.rows_QK.reshape(-1), found.scores_QK.reshape(-1)
    )


def ranked_table(
    query_ids: Sequence[str],
    doc_ids: Sequence[str],
    counts_Q: Int64,
    rows_P: Int32,
    scores_P: Float32,
) -> pl.DataFrame:
    """Results of varying number as a table with `RANKED_COLUMNS`.

    Args:
        query_ids: id of each of the Q queries, increasing.
        doc_ids: id of each row of the corpus.
        counts_Q: how many results each query has.
        rows_P: the results' rows, query after query, best first.
        scores_P: their scores.
    """
    firsts_Q = np.cumsum(counts_Q) - counts_Q
    ranks_P = np.arange(1, len(rows_P) + 1) - np.repeat(firsts_Q, counts_Q)
    return pl.DataFrame(
        {
            "query_id": _picked(query_ids, np.repeat(np.arange(len(counts_Q)), counts_Q)),
            "doc_id": _picked(doc_ids, rows_P),
            "rank": ranks_P,
            "score": scores_P,
        },
        schema=RANKED_COLUMNS,
    )


def mark_positives(table: pl.DataFrame, judgements: pl.DataFrame) -> pl.DataFrame:
    """The table with a column `positive`: whether the document is judged relevant to the query."""
    positives = judgements.filter(pl.col("relevance") >= 1).select(
        "query_id", "doc_id", positive=pl.lit(value=True)
    )
    return table.join(
        positives, on=["query_id", "doc_id"], how="left", maintain_order="left"
    ).with_columns(pl.col("positive").fill_null(value=False))


def _picked(ids: Sequence[str], rows: np.ndarray) -> pl.Series:
    return pl.Series(ids, dtype=pl.String).gather(pl.Series(rows))
