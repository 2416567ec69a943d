"""From passages back to the documents they are parts of: a document is as good as its best one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.evaluation.measures import measure_run
from trisampler.evaluation.runs import strictly_decreasing


def fold_run(run: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """The ranking of documents: each by the highest score of any of its passages (MaxP).

    Args:
        run: query_id, doc_id, score, and more columns that name the run, if there are several;
            a rank is dropped.
        passages: doc_id, document_id; what is not in it is a document itself.

    Returns:
        The same columns.
    """
    return _folded(run.drop("rank", strict=False), passages, "score")


def rank_documents(run: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """The ranking of `fold_run`, with the passage that each document is ranked by.

    Args:
        run: query_id, doc_id, score.
        passages: doc_id, document_id.

    Returns:
        query_id, doc_id, rank (from 1), score, passage_id; a document that was not cut is its own
        passage.
    """
    best = _of_documents(strictly_decreasing(run), passages).sort("query_id", "rank")
    best = best.unique(["query_id", "doc_id"], keep="first")
    return strictly_decreasing(fold_run(run, passages)).join(
        best.select("query_id", "doc_id", "passage_id"), on=["query_id", "doc_id"], how="left"
    )


def fold_judgements(judgements: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """The judgements of documents: each by the highest relevance of any of its passages.

    Args:
        judgements: query_id, doc_id, relevance.
        passages: doc_id, document_id.

    Returns:
        query_id, doc_id, relevance.
    """
    return _folded(judgements, passages, "relevance")


def first_passages(documents: pl.Series, passages: pl.DataFrame) -> pl.DataFrame:
    """doc_id, passage_id: where each of `documents` begins; one that was not cut is its passage.

    Args:
        documents: ids of documents, repeated or not.
        passages: doc_id, document_id, those of a document in order.
    """
    first = passages.unique("document_id", keep="first", maintain_order=True)
    return (
        pl.DataFrame({"doc_id": documents.unique()})
        .join(first.select(passage_id="doc_id", doc_id="document_id"), on="doc_id", how="left")
        .with_columns(pl.col("passage_id").fill_null(pl.col("doc_id")))
    )


def measure_folded(
    run: pl.DataFrame, judgements: pl.DataFrame, passages: pl.DataFrame, measures: Sequence[str]
) -> pl.DataFrame:
    """`measure_run` on documents, by their best passages."""
    return measure_run(fold_run(run, passages), fold_judgements(judgements, passages), measures)


def _folded(table: pl.DataFrame, passages: pl.DataFrame, value: str) -> pl.DataFrame:
    if passages.is_empty():
        return table
    keys = [column for column in table.columns if column != value]
    return _of_documents(table, passages).group_by(keys).agg(pl.col(value).max()).sort(keys)


def _of_documents(table: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """`table` with the document in `doc_id`, and what was there in `passage_id`."""
    return table.join(passages, on="doc_id", how="left").select(
        pl.all().exclude("doc_id", "document_id"),
        doc_id=pl.coalesce("document_id", "doc_id"),
        passage_id="doc_id",
    )
