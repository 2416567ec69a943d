"""Queries, documents and pairs as users have them, turned into the project's tables.

| queries, documents | pairs name them by |
|---|---|
| a list of texts | position, from 0; the id is the position in nine digits |
| a mapping from id to text; a document may be a mapping with `text` and `title` | id |
| a table: query_id, text; doc_id, text and possibly title | id |
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from trisampler.corpora.merging import merge_equal_queries
from trisampler.negatives.arrays import Int64
from trisampler.negatives.errors import NegativesError
from trisampler.search.vectors import row_id

Queries = Sequence[str] | Mapping[str, str] | pl.DataFrame
Documents = Sequence[str] | Mapping[str, str] | Mapping[str, Mapping[str, str]] | pl.DataFrame
Positives = (
    Iterable[tuple[Any, Any]]
    | Mapping[str, Iterable[str]]
    | Mapping[str, Mapping[str, int]]
    | pl.DataFrame
)
"""(query, document) pairs; or each query's documents, with or without relevance; or a table:
query_id, doc_id and possibly relevance. 1 or more is a positive."""

_JUDGEMENTS = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}


@dataclass(frozen=True)
class TextTables:
    """A user's collection in the project's tables.

    Attributes:
        queries: query_id, text; sorted by query_id; queries with a positive. Of queries whose
            normalised texts are equal the one with the smallest id, with the positives of all.
        corpus: doc_id, title, text; sorted by doc_id.
        judgements: query_id, doc_id, relevance; sorted by query_id and doc_id.
        query_rows: where each query stands in what the user gave.
        document_rows: the same of documents.
        kept_ids: query_id, kept_id; of every query given the id of the one it was merged into, or
            its own.
        merged: how many of them were merged into another.
    """

    queries: pl.DataFrame
    corpus: pl.DataFrame
    judgements: pl.DataFrame
    query_rows: Int64
    document_rows: Int64
    kept_ids: pl.DataFrame
    merged: int

    def of_trained_queries(self, scores: pl.DataFrame) -> pl.DataFrame:
        """Scores of the queries given, by query_id, doc_id: those that are of `queries`.

        Where queries that were merged have each a score of a document, the first one stays. Rows of
        queries that were not given stay, to be refused.
        """
        if not {"query_id", "doc_id"} <= set(scores.columns):
            return scores
        given = scores.join(self.kept_ids, on="query_id", how="left", maintain_order="left")
        untrained = self.kept_ids.join(
            self.queries, left_on="kept_id", right_on="query_id", how="anti"
        )
        first = pl.col("query_id").first().over(pl.coalesce("kept_id", "query_id"), "doc_id")
        return (
            given.join(untrained, on="query_id", how="anti", maintain_order="left")
            .filter(pl.col("query_id") == first)
            .with_columns(query_id=pl.coalesce("kept_id", "query_id"))
            .drop("kept_id")
        )


def text_tables(queries: Queries, documents: Documents, positives: Positives) -> TextTables:
    """Bring a user's collection into the project's tables.

    Raises:
        NegativesError: something that is no text or no id, an id that stands twice, a pair that
            names something unknown.
    """
    asked = _texts(queries, "query_id", "query")
    corpus = _texts(documents, "doc_id", "document").sort("doc_id")
    judgements = _judgements(positives)
    _check_known(judgements, "query_id", asked, "query")
    _check_known(judgements, "doc_id", corpus, "document")
    merged = merge_equal_queries(
        asked.select("query_id", "text"), judgements.with_columns(split=pl.lit("train"))
    )
    judged = merged.judgements.drop("split").sort("query_id", "doc_id")
    trained = (
        asked.join(merged.queries, on="query_id", how="semi")
        .join(judged.filter(pl.col("relevance") >= 1), on="query_id", how="semi")
        .sort("query_id")
    )
    return TextTables(
        queries=trained.select("query_id", "text"),
        corpus=corpus.select("doc_id", "title", "text"),
        judgements=judged,
        query_rows=_rows(trained),
        document_rows=_rows(corpus),
        kept_ids=merged.kept_ids,
        merged=int(merged.report["queries_merged_away"]),
    )


def _texts(given: Queries | Documents, column: str, what: str) -> pl.DataFrame:
    """The id column, title, text, row: as the user has them."""
    if isinstance(given, str):
        raise NegativesError(f"one text in place of several was given as the {what} texts: list it")
    if isinstance(given, pl.DataFrame):
        table = _selected(given, column, what)
    elif isinstance(given, Mapping):
        table = _listed(given.keys(), given.values(), column, what)
    else:
        texts = list(given)
        table = _listed(map(row_id, range(len(texts))), texts, column, what)
    repeated = table.filter(pl.col(column).is_duplicated())
    if repeated.height:
        raise NegativesError(
            f"{what} id {repeated[column][0]!r} stands {repeated.height} times or more; ids must "
            "be unique"
        )
    return table.with_columns(row=pl.int_range(pl.len()))


def _selected(given: pl.DataFrame, column: str, what: str) -> pl.DataFrame:
    missing = [name for name in (column, "text") if name not in given.columns]
    if missing:
        raise NegativesError(
            f"the {what} table has no column {', '.join(map(repr, missing))}; found "
            f"{', '.join(map(repr, given.columns)) or 'none'}"
        )
    title = pl.col("title").fill_null("") if "title" in given.columns else pl.lit("")
    table = given.select(column, title.alias("title"), "text")
    for name, kind in table.schema.items():
        if kind != pl.String or table[name].null_count():
            raise NegativesError(
                f"the {what} table's column {name!r} has type {kind} and "
                f"{table[name].null_count()} nulls; expected strings and none missing"
            )
    return table


def _listed(ids: Iterable[Any], texts: Iterable[Any], column: str, what: str) -> pl.DataFrame:
    rows = []
    for identifier, given in zip(ids, texts, strict=True):
        title, text = (
            (given.get("title") or "", given.get("text"))
            if isinstance(given, Mapping)
            else ("", given)
        )
        if not isinstance(identifier, str):
            raise NegativesError(f"{what} id {identifier!r} is no string; make ids strings")
        if not isinstance(text, str) or not isinstance(title, str):
            raise NegativesError(f"{what} {identifier!r} has no text; found {given!r:.80}")
        rows.append((identifier, title, text))
    return pl.DataFrame(rows, dict.fromkeys((column, "title", "text"), pl.String), orient="row")


def _judgements(positives: Positives) -> pl.DataFrame:
    if isinstance(positives, pl.DataFrame):
        relevance = pl.col("relevance") if "relevance" in positives.columns else pl.lit(1)
        rows: Iterable[Any] = positives.select("query_id", "doc_id", relevance).iter_rows()
    elif isinstance(positives, Mapping):
        rows = _of_mapping(positives)
    else:
        rows = ((*pair, 1) for pair in positives)
    named = [(_named(query), _named(document), relevance) for query, document, relevance in rows]
    graded = [(*pair, _grade(relevance, *pair)) for *pair, relevance in named]
    return pl.DataFrame(graded, _JUDGEMENTS, orient="row")


def _of_mapping(positives: Mapping[str, Any]) -> Iterator[tuple[Any, Any, int]]:
    for query, documents in positives.items():
        if isinstance(documents, str):
            raise NegativesError(
                f"query {query!r} has the text {documents!r} in place of its documents: list them"
            )
        for document in documents:
            yield query, document, documents[document] if isinstance(documents, Mapping) else 1


def _grade(relevance: Any, query_id: str, doc_id: str) -> int:
    """The relevance, if it is a whole number of 32 bits; cut to one, .9 would be no positive."""
    try:
        whole = int(relevance)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != relevance or abs(whole) >= 2**31:
        raise NegativesError(
            f"the pair of query {query_id!r} and document {doc_id!r} has the relevance "
            f"{relevance!r}, not a whole number of 32 bits: give 1 or more to positives and 0 to "
            "what is judged not relevant"
        )
    return whole


def _named(identifier: Any) -> str:
    return identifier if isinstance(identifier, str) else row_id(operator.index(identifier))


def _check_known(judgements: pl.DataFrame, column: str, known: pl.DataFrame, what: str) -> None:
    unknown = judgements.join(known, on=column, how="anti", maintain_order="left")
    if unknown.height:
        query_id, doc_id, _ = unknown.row(0)
        raise NegativesError(
            f"the pair of query {query_id!r} and document {doc_id!r} names a {what} that is not "
            f"among the {known.height} given ({unknown.height} such of {judgements.height} pairs); "
            "lists are counted from 0, mappings and tables go by id"
        )


def _rows(table: pl.DataFrame) -> Int64:
    return table["row"].to_numpy().astype(np.int64)
