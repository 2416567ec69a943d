"""The negatives that a source names itself, for the queries that are trained on.

There can be many times more of them than there are documents, so they are handled as numbers.
Letters: X pairs as the source has them, Y pairs kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from trisampler.corpora.identifiers import id_numbers
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
    corpus_ids: pl.Series,
    train_judgements: pl.DataFrame,
) -> GivenNegatives:
    """Keep the negatives of training queries and rank them.

    Queries that were merged have the negatives of all of them, in the order of the source. A
    negative that is judged relevant is counted and kept: which judgements are hidden from training
    is not known here.

    Args:
        rows: GIVEN_ROWS.
        kept_ids: query_id, kept_id: what each query was merged into.
        corpus_ids: doc_id, sorted; documents that were dropped for want of text are not in it.
        train_judgements: query_id, doc_id, relevance.
    """
    if rows is None:
        return GivenNegatives()
    training_ids = train_judgements["query_id"].unique().sort()
    kept_Q = id_numbers(kept_ids["kept_id"], training_ids)
    query_X = kept_Q.gather(id_numbers(rows.table["query_id"], kept_ids["query_id"]))
    row_X = id_numbers(rows.table["doc_id"], corpus_ids)
    training_X = query_X.is_not_null()
    key_X = _keys(query_X, row_X, len(corpus_ids))
    ranked = _rank(key_X, len(corpus_ids))
    table = pl.DataFrame(
        {
            "query_id": training_ids.gather(ranked.query_Y),
            "doc_id": corpus_ids.gather(ranked.row_Y),
            "rank": ranked.rank_Y,
        },
        schema=GIVEN_SCHEMA,
    )
    positives = train_judgements.filter(pl.col("relevance") > 0)
    positive_keys = _keys(
        id_numbers(positives["query_id"], training_ids),
        id_numbers(positives["doc_id"], corpus_ids),
        len(corpus_ids),
    )
    queries = int((ranked.rank_Y == 1).sum())
    report = {
        "pairs": rows.table.height,
        "not_in_training_dropped": rows.table.height - int(training_X.sum()),
        "blank_documents_dropped": int(training_X.sum()) - len(key_X),
        "repeated": len(key_X) - table.height,
        "kept": table.height,
        "judged_relevant": int(np.isin(positive_keys, key_X).sum()),
        "queries": queries,
        "training_queries_without": len(training_ids) - queries,
    }
    return GivenNegatives(table, report)


class _Ranked(NamedTuple):
    """Pairs sorted by query and rank: the query's and the document's number."""

    query_Y: npt.NDArray[np.uint32]
    row_Y: npt.NDArray[np.uint32]
    rank_Y: npt.NDArray[np.int32]


def _rank(key_X: npt.NDArray[np.int64], documents: int) -> _Ranked:
    """Drop all but the first of equal keys; rank those of a query in the order they stand in."""
    _, first = np.unique(key_X, return_index=True)
    first.sort()
    query_Y = (key_X[first] // documents).astype(np.uint32)
    order = np.argsort(query_Y, kind="stable")
    count_Q = np.bincount(query_Y)
    start_Y = np.repeat((np.cumsum(count_Q) - count_Q).astype(np.int32), count_Q)
    return _Ranked(
        query_Y[order],
        (key_X[first[order]] % documents).astype(np.uint32),
        np.arange(1, len(order) + 1, dtype=np.int32) - start_Y,
    )


def _keys(query_X: pl.Series, row_X: pl.Series, documents: int) -> npt.NDArray[np.int64]:
    """Query * documents + row of the pairs of which both are known."""
    known_X = query_X.is_not_null() & row_X.is_not_null()
    key_X: npt.NDArray[np.int64] = query_X.filter(known_X).to_numpy().astype(np.int64)
    key_X *= documents
    key_X += row_X.filter(known_X).to_numpy()
    return key_X
