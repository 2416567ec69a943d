"""The negatives that a source names itself, for the queries that are trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trisampler.corpora.source import LocatedRows

GIVEN_SCHEMA = {"query_id": pl.String, "doc_id": pl.String, "rank": pl.Int32}


@dataclass(frozen=True)
class GivenNegatives:
    """Negatives as a collection has them, and what was counted on the way.

    Attributes:
        table: query_id, doc_id, rank; sorted by query_id and rank.
        report: empty where the source names none.
    """

    table: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GIVEN_SCHEMA))
    report: dict[str, Any] = field(default_factory=dict)


def given_to_training(
    rows: LocatedRows | None,
    kept_ids: pl.DataFrame,
    corpus: pl.DataFrame,
    train_judgements: pl.DataFrame,
) -> GivenNegatives:
    """Keep the negatives of training queries and rank them.

    Queries that were merged have the negatives of all of them, in the order of the source. A
    negative that is judged relevant is counted and kept: which judgements are hidden from training
    is not known here.

    Args:
        rows: query_id, doc_id; each pair once.
        kept_ids: query_id, kept_id: what each query was merged into.
        corpus: doc_id; documents that were dropped for want of text are not in it.
        train_judgements: query_id, doc_id, relevance.
    """
    if rows is None:
        return GivenNegatives()
    merged = rows.table.join(kept_ids, on="query_id", maintain_order="left")
    merged = merged.select("doc_id", query_id="kept_id")
    training = merged.join(train_judgements, on="query_id", how="semi", maintain_order="left")
    with_text = training.join(corpus, on="doc_id", how="semi", maintain_order="left")
    distinct = with_text.unique(["query_id", "doc_id"], keep="first", maintain_order=True)
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query_id")
    table = distinct.select("query_id", "doc_id", rank=rank).sort("query_id", "rank")
    positives = train_judgements.filter(pl.col("relevance") > 0)
    judged = table.join(positives, on=["query_id", "doc_id"], how="semi")
    queries = table["query_id"].n_unique()
    report = {
        "pairs": rows.table.height,
        "not_in_training_dropped": rows.table.height - training.height,
        "blank_documents_dropped": training.height - with_text.height,
        "merged_away": with_text.height - distinct.height,
        "kept": table.height,
        "judged_relevant": judged.height,
        "queries": queries,
        "training_queries_without": train_judgements["query_id"].n_unique() - queries,
    }
    return GivenNegatives(table, report)
