"""From what was drawn to the project's tables: rows become ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from trisampler.negatives.arrays import Int64
from trisampler.negatives.drawn import SOURCES, Drawn, Plane

NEGATIVES_SCHEMA = {
    "query_id": pl.String,
    "positive_id": pl.String,
    "negative_id": pl.String,
    "rank": pl.Int32,
    "s_q_neg": pl.Float32,
    "s_q_pos": pl.Float32,
    "s_pos_neg": pl.Float32,
    "log_probability": pl.Float32,
    "source": pl.String,
    "teacher_q_neg": pl.Float32,
    "teacher_q_pos": pl.Float32,
}
PLANE_SCHEMA = {
    "query_id": pl.String,
    "positive_id": pl.String,
    "doc_id": pl.String,
    "cos_q_pos": pl.Float32,
    "cos_q_doc": pl.Float32,
    "cos_pos_doc": pl.Float32,
    "drawn": pl.Boolean,
}


def negatives_table(
    drawn: Drawn, keys_P: Int64, query_ids: Sequence[str], document_ids: Sequence[str]
) -> pl.DataFrame:
    """The negatives with ids, sorted by query, positive and order of drawing."""
    query_X, positive_X = np.divmod(keys_P[drawn.pair_X], len(document_ids))
    documents = pl.Series(document_ids, dtype=pl.String)
    sources = pl.Series(SOURCES, dtype=pl.String)
    columns = {
        "query_id": pl.Series(query_ids, dtype=pl.String).gather(query_X),
        "positive_id": documents.gather(positive_X),
        "negative_id": documents.gather(drawn.row_X),
        "rank": drawn.rank_X,
        "s_q_neg": drawn.s_q_neg_X,
        "s_q_pos": drawn.s_q_pos_X,
        "s_pos_neg": drawn.s_pos_neg_X,
        "log_probability": drawn.log_probability_X,
        "source": sources.gather(drawn.source_X),
        "teacher_q_neg": drawn.teacher_q_neg_X,
        "teacher_q_pos": drawn.teacher_q_pos_X,
    }
    table = pl.DataFrame(columns, schema=NEGATIVES_SCHEMA)
    return table.with_columns(
        pl.col("teacher_q_neg", "teacher_q_pos").fill_nan(None),
        rank=pl.when(pl.col("rank") > 0).then(pl.col("rank")),
    )


def plane_table(
    plane: Plane, keys_P: Int64, query_ids: Sequence[str], document_ids: Sequence[str]
) -> pl.DataFrame:
    """Candidates of some pairs in the plane of the triangle."""
    query_X, positive_X = np.divmod(keys_P[plane.pair_X], len(document_ids))
    documents = pl.Series(document_ids, dtype=pl.String)
    columns = {
        "query_id": pl.Series(query_ids, dtype=pl.String).gather(query_X),
        "positive_id": documents.gather(positive_X),
        "doc_id": documents.gather(plane.row_X),
        "cos_q_pos": plane.cos_q_pos_X,
        "cos_q_doc": plane.cos_q_doc_X,
        "cos_pos_doc": plane.cos_pos_doc_X,
        "drawn": plane.drawn_X,
    }
    return pl.DataFrame(columns, schema=PLANE_SCHEMA)


def near_duplicates_table(
    keys_X: Int64, query_ids: Sequence[str], document_ids: Sequence[str]
) -> pl.DataFrame:
    """The candidates that the guard took for a positive of their query: query_id, doc_id."""
    query_X, row_X = np.divmod(keys_X, max(1, len(document_ids)))
    return pl.DataFrame(
        {
            "query_id": pl.Series(query_ids, dtype=pl.String).gather(query_X),
            "doc_id": pl.Series(document_ids, dtype=pl.String).gather(row_X),
        }
    )
