"""From the project's tables to those that training examples are read off."""

from __future__ import annotations

from math import nan

import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.training.errors import TrainingError


def check_negatives(pairs: pl.DataFrame, negatives: pl.DataFrame) -> None:
    """Refuse negatives that were not mined for these positives.

    Raises:
        TrainingError: a row is of another pair, or its negative is a positive of its query.
    """
    strangers = negatives.join(pairs, on=["query_id", "positive_id"], how="anti")
    if not strangers.is_empty():
        query_id, positive_id = strangers.select("query_id", "positive_id").row(0)
        raise TrainingError(
            f"the negatives table has rows for {len(strangers)} (query, positive) rows that are no "
            f"positives of the train judgements, first query {query_id!r} with document "
            f"{positive_id!r}: mine the negatives again from these judgements"
        )
    positives = negatives.join(
        pairs, left_on=["query_id", "negative_id"], right_on=["query_id", "positive_id"], how="semi"
    )
    if not positives.is_empty():
        query_id, negative_id = positives.select("query_id", "negative_id").row(0)
        raise TrainingError(
            f"document {negative_id!r} is a judged positive of query {query_id!r} and stands in "
            "the negatives table as its negative: mine the negatives again from these judgements"
        )


def texts_of_queries(pairs: pl.DataFrame, queries: pl.DataFrame) -> pl.DataFrame:
    """query_id, text, source: the queries of the pairs, in id order; source "" where there is none.

    Raises:
        TrainingError: a query has no text.
    """
    texts = (
        pairs.select("query_id")
        .unique()
        .join(_with_source(queries), on="query_id", how="left")
        .sort("query_id")
    )
    _refuse_unknown(texts, "query_id", "query of the train judgements", "queries")
    return texts


def documents_in_use(
    pairs: pl.DataFrame, negatives: pl.DataFrame, corpus: pl.DataFrame
) -> pl.DataFrame:
    """doc_id, text, row: documents of equal text share the row; rows are dense, in id order.

    Raises:
        TrainingError: a document is not in the corpus.
    """
    used = pl.concat([pairs["positive_id"], negatives["negative_id"]]).unique().sort()
    documents = (
        pl.DataFrame({"doc_id": used})
        .join(corpus.select("doc_id", "title", "text"), on="doc_id", how="left")
        .sort("doc_id")
    )
    _refuse_unknown(documents, "doc_id", "document of the train pairs or negatives", "corpus")
    return (
        documents.with_columns(text=pl.Series(document_texts(documents), dtype=pl.String))
        .with_row_index("first")
        .with_columns(pl.col("first").min().over("text"))
        .select("doc_id", "text", row=pl.col("first").rank("dense").cast(pl.Int64) - 1)
    )


def with_teacher(negatives: pl.DataFrame) -> pl.DataFrame:
    """The columns that are used; the teacher's are NaN where it gave no score."""
    nothing = pl.lit(None, dtype=pl.Float32)
    return negatives.select(
        "query_id",
        "positive_id",
        "negative_id",
        *(
            (pl.col(name) if name in negatives.columns else nothing.alias(name)).fill_null(nan)
            for name in ("teacher_q_pos", "teacher_q_neg")
        ),
    )


def never_contrasted(
    texts: pl.DataFrame,
    pairs: pl.DataFrame,
    near_duplicates: pl.DataFrame | None,
    rows: pl.DataFrame,
) -> pl.DataFrame:
    """query, row: row numbers, sorted, each pair once; documents that are not in use left out."""
    positives = pairs.select("query_id", "row")
    near = positives.clear()
    if near_duplicates is not None:
        near = near_duplicates.join(rows, on="doc_id").select("query_id", "row")
    numbers = texts.select("query_id").with_row_index("query")
    return (
        pl.concat([positives, near])
        .join(numbers, on="query_id")
        .select("query", "row")
        .unique()
        .sort("query", "row")
    )


def _with_source(queries: pl.DataFrame) -> pl.DataFrame:
    source = pl.col("source") if "source" in queries.columns else pl.lit("")
    return queries.select("query_id", "text", source=source)


def _refuse_unknown(table: pl.DataFrame, column: str, what: str, where: str) -> None:
    unknown = table.filter(pl.col("text").is_null())[column]
    if len(unknown):
        raise TrainingError(
            f"{what} {unknown[0]!r} is not among the {where} ({len(unknown)} such): the tables are "
            "not of one collection; ingest again"
        )
