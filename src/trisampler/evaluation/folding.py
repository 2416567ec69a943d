"""From passages back to the documents they are parts of: a document is as good as its best one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.evaluation.measures import measure_run


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


def fold_judgements(judgements: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """The judgements of documents: each by the highest relevance of any of its passages.

    Args:
        judgements: query_id, doc_id, relevance.
        passages: doc_id, document_id.

    Returns:
        query_id, doc_id, relevance.
    """
    return _folded(judgements, passages, "relevance")


def measure_folded(
    run: pl.DataFrame, judgements: pl.DataFrame, passages: pl.DataFrame, measures: Sequence[str]
) -> pl.DataFrame:
    """`measure_run` on documents, by their best passages."""
    return measure_run(fold_run(run, passages), fold_judgements(judgements, passages), measures)


def _folded(table: pl.DataFrame, passages: pl.DataFrame, value: str) -> pl.DataFrame:
    if passages.is_empty():
        return table
    named = table.join(passages, on="doc_id", how="left").with_columns(
        doc_id=pl.coalesce("document_id", "doc_id")
    )
    keys = [column for column in table.columns if column != value]
    return named.group_by(keys).agg(pl.col(value).max()).sort(keys)
