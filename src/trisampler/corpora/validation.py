"""What must hold of a source before it is merged and split; each error names the line."""

from __future__ import annotations

import polars as pl

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.identifiers import id_numbers
from trisampler.corpora.source import LocatedRows, Repairs, Source

_BLANK = (pl.col("title") == "") & (pl.col("text") == "")


def check_source(source: Source) -> None:
    """Check that ids are unique and that judgements and negatives point to what there is.

    Raises:
        SourceError: the first row that breaks a rule, in the order of files and lines.
    """
    check_documents(source.documents)
    _check_unique(source.queries, "query_id", "query")
    blank = source.documents.table.filter(_BLANK)
    for judgements in source.judgements.values():
        _check_known(judgements, source.queries, "query_id", "query")
        _check_known(judgements, source.documents, "doc_id", "document")
        _check_not_blank(judgements, blank, source.documents)
        _check_consistent(judgements)
    for rows in (source.added_positives, source.given_negatives):
        if rows is not None:
            _check_known(rows, source.queries, "query_id", "query")
            _check_known(rows, source.documents, "doc_id", "document")
    if source.added_positives is not None:
        _check_not_blank(source.added_positives, blank, source.documents)


def check_documents(documents: LocatedRows) -> None:
    """Check that there are documents and that their ids are unique.

    Raises:
        SourceError: the first row that breaks a rule.
    """
    if documents.table.filter(~_BLANK).is_empty():
        height = documents.table.height
        found = f"all {height} documents are blank" if height else "the corpus is empty"
        raise documents.error(None, found, "Give it documents with a title or a text")
    _check_unique(documents, "doc_id", "document")


def drop_blank_documents(documents: LocatedRows, repairs: Repairs) -> pl.DataFrame:
    """The documents with a title or a text; the others are counted."""
    kept = documents.table.filter(~_BLANK)
    dropped = documents.table.height - kept.height
    if dropped:
        repairs[documents.name]["blank_documents_dropped"] += dropped
    return kept


def _check_unique(rows: LocatedRows, column: str, what: str) -> None:
    repeated = rows.table.filter(~pl.col(column).is_first_distinct()).head(1)
    for identifier, line in repeated.select(column, "line").iter_rows():
        first = rows.table.filter(pl.col(column) == identifier)["line"][0]
        raise rows.error(
            line,
            f"the {what} id {shown(identifier)} stands a second time (first on line {first})",
            f"Give each {what} its own id, or remove one of the two",
        )


def _check_known(pairs: LocatedRows, known: LocatedRows, column: str, what: str) -> None:
    unknown = pairs.table.filter(id_numbers(pairs.table[column], known.table[column]).is_null())
    if unknown.is_empty():
        return
    raise pairs.error(
        unknown["line"][0],
        f"the {what} id {shown(unknown[column][0])} is not in {known.path.name} "
        f"({unknown.height} of {pairs.table.height} pairs name such a {what})",
        f"Add the {what} there, or remove these lines",
    )


def _check_not_blank(judgements: LocatedRows, blank: pl.DataFrame, documents: LocatedRows) -> None:
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


def no_training_pair(source: Source, moved: int) -> SourceError:
    """The error of a source whose training split has no positive judgement.

    Args:
        source: what was read.
        moved: how many training queries went to a later split because it holds their text too.
    """
    rows = source.judgements["train"]
    found = f"no training pair: none of {rows.table.height} judgements has a relevance above 0"
    if moved:
        found = f"no training pair is left: {moved} training queries are in dev or test too"
    elif rows.table.is_empty():
        found = "no training pair: there is no judgement"
    return rows.error(None, found, "Training needs queries with a relevant document")
