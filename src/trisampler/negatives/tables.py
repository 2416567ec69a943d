"""From the project's tables to the arrays of this package; `result_tables` goes back.

Tables name queries and documents by id, arrays by row. Whatever the order of a table's rows, the
arrays are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from trisampler.negatives.arrays import Float32, Int64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import CandidateLists, KeyedScores


def rows_by_id(
    table: pl.DataFrame, column: str, ids: Sequence[str], what: str, where: str
) -> Int64:
    """The row in `ids` of each id in a table's column.

    Args:
        table: whose column to look up.
        column: its name.
        ids: all known ones, unique.
        what: "query" or "document", for messages.
        where: what the table is, for messages.

    Raises:
        NegativesError: an id that is null or not known.
    """
    known = pl.DataFrame({column: pl.Series(ids, dtype=pl.String)}).with_row_index("_row")
    rows = table.select(column).join(known, on=column, how="left", maintain_order="left")["_row"]
    if rows.null_count():
        row = table.row(int(rows.is_null().arg_true()[0]), named=True)
        beside = "".join(
            f", {name} {row[name]!r}"
            for name in ("query_id", "doc_id")
            if name in row and name != column
        )
        raise NegativesError(
            f"{where}: {what} {row[column]!r}{beside} is unknown ({rows.null_count()} such rows of "
            f"{table.height}): there is no vector for it. Make the table and the embeddings from "
            "the same data"
        )
    return rows.to_numpy().astype(np.int64)


def candidate_lists(
    table: pl.DataFrame,
    owner_ids: Sequence[str],
    document_ids: Sequence[str],
    where: str,
) -> CandidateLists:
    """Lists from a table with query_id, doc_id, rank, in the order of ranks.

    Args:
        table: rows in any order; `score` where a search made them.
        owner_ids: what query_id names: queries, or documents for the pool of neighbours.
        document_ids: the corpus.
        where: what the table is, for messages.

    Raises:
        NegativesError: a missing column, an unknown id, or a score that is null, NaN or infinite.
    """
    _check_columns(table, ("query_id", "doc_id", "rank"), where)
    owner_X = rows_by_id(table, "query_id", owner_ids, "query", where)
    row_X = rows_by_id(table, "doc_id", document_ids, "document", where)
    rank_X = table["rank"].cast(pl.Int32).fill_null(0).to_numpy()
    score_X = _finite_scores(table, where) if "score" in table.columns else None
    if not _is_sorted(owner_X, rank_X):
        order = np.lexsort((row_X, rank_X, owner_X))
        owner_X, row_X, rank_X = owner_X[order], row_X[order], rank_X[order]
        score_X = None if score_X is None else score_X[order]
    starts = np.searchsorted(owner_X, np.arange(len(owner_ids) + 1))
    return CandidateLists(starts, row_X, rank_X, score_X)


def keyed_scores(
    table: pl.DataFrame, query_ids: Sequence[str], document_ids: Sequence[str], where: str
) -> KeyedScores:
    """Scores by (query, document) from a table with query_id, doc_id, score.

    Raises:
        NegativesError: a missing column, an unknown id, a score that is not finite, or two scores
            of one pair.
    """
    _check_columns(table, ("query_id", "doc_id", "score"), where)
    query_X = rows_by_id(table, "query_id", query_ids, "query", where)
    row_X = rows_by_id(table, "doc_id", document_ids, "document", where)
    score_X = _finite_scores(table, where)
    key_X = query_X * len(document_ids) + row_X
    order = np.argsort(key_X, kind="stable")
    key_X = key_X[order]
    twice = np.flatnonzero(key_X[1:] == key_X[:-1])
    if twice.size:
        row = table.row(int(order[twice[0]]), named=True)
        raise NegativesError(
            f"{where}: query {row['query_id']!r} has document {row['doc_id']!r} twice; keep one"
        )
    return KeyedScores(key_X, score_X[order])


def positive_keys(
    judgements: pl.DataFrame, query_ids: Sequence[str], document_ids: Sequence[str]
) -> Int64:
    """Sorted, unique query row * N + document row of the judgements of relevance 1 or more."""
    _check_columns(judgements, ("query_id", "doc_id", "relevance"), "judgements")
    positives = judgements.filter(pl.col("relevance") >= 1)
    query_X = rows_by_id(positives, "query_id", query_ids, "query", "judgements")
    row_X = rows_by_id(positives, "doc_id", document_ids, "document", "judgements")
    return np.unique(query_X * len(document_ids) + row_X)


def text_classes(corpus: pl.DataFrame, document_ids: Sequence[str]) -> Int64:
    """For each document the first row of `document_ids` that has the same text: (N,).

    The text is title and text joined by a space, without surrounding white space, as encoders see
    it.
    """
    ids = pl.DataFrame({"doc_id": pl.Series(document_ids, dtype=pl.String)})
    texts = ids.with_row_index("_row").join(
        corpus.select(
            "doc_id",
            _text=pl.concat_str("title", "text", separator=" ").str.strip_chars(),
        ),
        on="doc_id",
        how="left",
        maintain_order="left",
    )
    if texts.height != len(document_ids) or texts["_text"].null_count():
        missing = texts.filter(pl.col("_text").is_null())["doc_id"].to_list()
        raise NegativesError(
            f"the corpus table has no text for document {missing[0]!r} ({len(missing)} such)"
            if missing
            else "the corpus table has a document twice; ids must be unique"
        )
    first = texts.select(pl.col("_row").min().over("_text"))["_row"]
    return first.to_numpy().astype(np.int64)


def _is_sorted(owner_X: Int64, rank_X: np.ndarray) -> bool:
    later = owner_X[1:] > owner_X[:-1]
    same = owner_X[1:] == owner_X[:-1]
    return bool((later | (same & (rank_X[1:] > rank_X[:-1]))).all())


def _check_columns(table: pl.DataFrame, wanted: Sequence[str], where: str) -> None:
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise NegativesError(
            f"{where}: there is no column {', '.join(map(repr, missing))}; found "
            f"{', '.join(map(repr, table.columns)) or 'none'}"
        )


def _finite_scores(table: pl.DataFrame, where: str) -> Float32:
    score_X = table["score"].cast(pl.Float32).fill_null(np.nan).to_numpy()
    bad = np.flatnonzero(~np.isfinite(score_X))
    if bad.size:
        row = table.row(int(bad[0]), named=True)
        raise NegativesError(
            f"{where}: query {row['query_id']!r}, document {row['doc_id']!r} has score "
            f"{row['score']} ({bad.size} such); scores must be finite. The vectors hold NaN or "
            "overflow: embed them in float32 or bfloat16, and search again"
        )
    return score_X
