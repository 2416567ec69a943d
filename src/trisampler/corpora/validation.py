"""What must hold of a source before it is merged and split; each error names the line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from trisampler.corpora.document_rows import LocatedDocuments
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.left_out import judgements_as_read
from trisampler.corpora.source import LocatedRows, Repairs, Source

_Located = LocatedRows | LocatedDocuments


def check_source(source: Source) -> None:
    """Check that ids are unique and that judgements and negatives point to what there is.

    Raises:
        SourceError: the first row that breaks a rule, in the order of files and lines.
    """
    documents = source.documents
    check_documents(documents)
    _check_unique(source.queries, source.queries.table, "query_id", "query")
    blank = documents.index.filter("blank")
    for judgements in source.judgements.values():
        _check_known(judgements, source.queries, source.queries.table, "query_id", "query")
        _check_known(judgements, documents, documents.index, "doc_id", "document")
        _check_not_blank(judgements, blank, documents)
        _check_consistent(judgements)
    for rows in (source.added_positives, source.given_negatives):
        if rows is not None:
            _check_known(rows, source.queries, source.queries.table, "query_id", "query")
            _check_known(rows, documents, documents.index, "doc_id", "document")
    if source.added_positives is not None:
        _check_not_blank(source.added_positives, blank, documents)


def check_documents(documents: LocatedDocuments) -> None:
    """Check that there are documents and that their ids are unique.

    Raises:
        SourceError: the first row that breaks a rule.
    """
    if documents.index["blank"].all():
        height = documents.index.height
        found = f"all {height} documents are blank" if height else "the corpus is empty"
        raise documents.error(None, found, "Give it documents with a title or a text")
    _check_unique(documents, documents.index, "doc_id", "document")


def count_blank_documents(documents: LocatedDocuments, repairs: Repairs) -> None:
    """Count the documents that have neither title nor text, which are left out."""
    dropped = int(documents.index["blank"].sum())
    if dropped:
        repairs[documents.name]["blank_documents_dropped"] += dropped


def _check_unique(rows: _Located, table: pl.DataFrame, column: str, what: str) -> None:
    ordered = table[column].sort()
    if not (ordered == ordered.shift()).any():  # in less memory than a set of many ids takes
        return
    repeated = table.filter(~pl.col(column).is_first_distinct()).head(1)
    for identifier, line in repeated.select(column, "line").iter_rows():
        first = table.filter(pl.col(column) == identifier)["line"][0]
        raise rows.error(
            line,
            f"the {what} id {shown(identifier)} stands a second time (first on line {first})",
            f"Give each {what} its own id, or remove one of the two",
        )


def _check_known(
    pairs: LocatedRows, known: _Located, table: pl.DataFrame, column: str, what: str
) -> None:
    named = pairs.table.select(pl.col(column).unique().cast(pl.String))
    missing = named.join(
        table.filter(pl.col(column).is_in(named[column].implode())), on=column, how="anti"
    )
    if missing.is_empty():
        return
    wanted = pl.col(column).cast(pl.String).is_in(missing[column].implode())
    unknown = pairs.table.filter(wanted)
    raise pairs.error(
        unknown["line"][0],
        f"the {what} id {shown(unknown[column][0])} is not in {known.path.name} "
        f"({unknown.height} of {pairs.table.height} pairs name such a {what})",
        f"Add the {what} there, or remove these lines",
    )


def _check_not_blank(
    judgements: LocatedRows, blank: pl.DataFrame, documents: LocatedDocuments
) -> None:
    judged = judgements.table.join(
        blank.select("doc_id", document_line="line"), on="doc_id", maintain_order="left"
    )
    for identifier, line in judged.head(1).select("doc_id", "document_line").iter_rows():
        raise documents.error(
            line,
            f"the document {shown(identifier)} has neither title nor text, and is judged "
            f"({judgements.path}:{judged['line'][0]})",
            "Give it its text, or remove its judgements",
        )


def _check_consistent(judgements: LocatedRows) -> None:
    pair = ["query_id", "doc_id"]
    first = pl.col("relevance").first().over(pair)
    changed = judgements.table.with_columns(
        first_relevance=first, first_line=pl.col("line").first().over(pair)
    ).filter(pl.col("relevance") != pl.col("first_relevance"))
    for row in changed.head(1).iter_rows(named=True):
        raise judgements.error(
            row["line"],
            f"relevance {row['relevance']} of document {shown(row['doc_id'])} for query "
            f"{shown(row['query_id'])}, which line {row['first_line']} gives as "
            f"{row['first_relevance']}",
            "Keep one of the two lines",
        )


def no_training_pair(source: Source, preparation: Mapping[str, Any], moved: int) -> SourceError:
    """The error of a source whose training split has no positive judgement, or has none left.

    Args:
        source: as it was read.
        preparation: the report of what was done to it.
        moved: how many training queries went to a later split because it holds their text too.
    """
    rows, judged = source.judgements["train"], judgements_as_read(source, "train")
    positives = judged.filter(pl.col("relevance") > 0).height
    remedy = "Training needs queries with a relevant document"
    if judged.is_empty():
        return rows.error(None, "no training pair: there is no judgement", remedy)
    if not positives:
        found = f"no training pair: none of {judged.height} judgements has a relevance above 0"
        return rows.error(None, found, remedy)
    short = preparation.get("judgements_left_out", {}).get("train", {}).get("positive_judgements")
    near = preparation.get("near_duplicate_queries", {}).get("training_queries_dropped")
    took = {
        f"preparation.minimum_characters left out {short} of them with their documents": short,
        f"{moved} training queries are in dev or test too": moved,
        f"preparation.near_duplicate_queries=drop dropped {near} training queries that share most "
        "of their words with one of dev or test": near,
    }
    reasons = "; ".join(reason for reason, count in took.items() if count)
    found = f"no training pair is left of {positives}: {reasons}"
    if short or near:
        remedy += ": set these parameters of preparation otherwise, or add such queries"
    return rows.error(None, found, remedy)
