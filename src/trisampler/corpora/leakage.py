"""Training queries that stand nearly word for word in dev or test."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.corpora.query_overlap import LEAST_SHARED, overlapping_queries
from trisampler.corpora.splitting import SplitJudgements

_SHOWN_PAIRS = 5


def drop_near_duplicates(judgements: pl.DataFrame, queries: pl.DataFrame) -> SplitJudgements:
    """Drop the training queries that share most of their words with a query of dev or test.

    Those of equal normalised text are in one split already.

    Args:
        judgements: query_id, doc_id, relevance, split; a query in one split only.
        queries: query_id, text.
    """
    is_train = pl.col("split") == "train"
    trained = queries.join(judgements.filter(is_train), on="query_id", how="semi")
    measured = queries.join(judgements.filter(~is_train), on="query_id", how="semi")
    near = overlapping_queries(trained, measured)
    dropped = is_train & pl.col("query_id").is_in(near["query_id"].implode())
    examples = near.select("query_id", "train_query_id").head(_SHOWN_PAIRS).iter_rows()
    report: dict[str, Any] = {
        "training_queries_dropped": near.height,
        "judgements_dropped": judgements.filter(dropped).height,
        "least_shared_words": LEAST_SHARED,
        "examples": [list(pair) for pair in examples],
    }
    return SplitJudgements(judgements.filter(~dropped), report)
