"""Queries that gained and lost most between two systems, with what was retrieved for them.

Dev queries are for this: what is seen here may be acted upon. Whoever changes settings after
looking at test queries has no test split any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import polars as pl

from trisampler.evaluation.folding import first_passages, fold_judgements, rank_documents
from trisampler.evaluation.snippets import snippet

_QUERIES = 20
_RESULTS = 5
_RELEVANT = 3
_QUERY_CHARACTERS = 300
_TITLE_CHARACTERS = 100
_TEXT_CHARACTERS = 240
_Places = Mapping[str, Mapping[str, Any]]
"""Where each document stands in a ranking: its rank, and the passage_id that it is ranked by."""


@dataclass(frozen=True)
class Ranked:
    """A system and its run.

    Attributes:
        system: Its name among the measurements.
        run: query_id, doc_id, score; of passages where documents were cut.
    """

    system: str
    run: pl.DataFrame


@dataclass(frozen=True)
class Collection:
    """Texts and judgements of one split.

    Attributes:
        queries: query_id, text.
        corpus: doc_id, title, text.
        judgements: query_id, doc_id, relevance.
        passages: doc_id, document_id: which of the corpus are parts of a document, in order.
    """

    queries: pl.DataFrame
    corpus: pl.DataFrame
    judgements: pl.DataFrame
    passages: pl.DataFrame


def query_changes(
    measured: pl.DataFrame, measure: str, before: Ranked, after: Ranked, collection: Collection
) -> dict[str, Any]:
    """How many queries gained and lost, and the 20 that did so most, as plain JSON values.

    Args:
        measured: system, query_id, measure, value, of one split.
        measure: What a query gains or loses.
        before: The system to start from.
        after: The system that should be better.
        collection: The split's.

    Returns:
        `measure`, `before` and `after` (the systems), `queries`, `gained`, `lost`, and, most first,
        ties by query id, `most_gained` and `most_lost`: per query its id, text, both values, its
        relevant documents with the rank in both runs (None: not retrieved) and the first results
        of both with their relevance (None: nobody judged them). Long texts are cut. All is of
        documents; the text of one that was cut is that of its best passage.
    """
    changes = _changes(measured, measure, before.system, after.system)
    gained = changes.filter(pl.col("change") > 0).sort(
        "change", "query_id", descending=[True, False]
    )
    lost = changes.filter(pl.col("change") < 0).sort("change", "query_id")
    shown = pl.concat([gained.head(_QUERIES), lost.head(_QUERIES)])
    tell = _Teller(shown["query_id"], before.run, after.run, collection)
    return {
        "measure": measure,
        "before": before.system,
        "after": after.system,
        "queries": changes.height,
        "gained": gained.height,
        "lost": lost.height,
        "most_gained": [tell(row) for row in gained.head(_QUERIES).iter_rows(named=True)],
        "most_lost": [tell(row) for row in lost.head(_QUERIES).iter_rows(named=True)],
    }


def _changes(measured: pl.DataFrame, measure: str, before: str, after: str) -> pl.DataFrame:
    """query_id, before, after, change."""
    values = [
        measured.filter(system=system, measure=measure).select(
            "query_id", pl.col("value").alias(name)
        )
        for system, name in ((before, "before"), (after, "after"))
    ]
    return (
        values[0]
        .join(values[1], on="query_id")
        .with_columns(change=pl.col("after") - pl.col("before"))
    )


class _Teller:
    """Puts texts and ranks beside a query's change."""

    def __init__(
        self,
        query_ids: pl.Series,
        before: pl.DataFrame,
        after: pl.DataFrame,
        collection: Collection,
    ) -> None:
        asked, passages = pl.DataFrame({"query_id": query_ids}), collection.passages
        queries, judgements, *runs = (
            table.join(asked, on="query_id", how="semi")
            for table in (collection.queries, collection.judgements, before, after)
        )
        judged = fold_judgements(judgements, passages)
        runs = [rank_documents(run, passages) for run in runs]
        first = first_passages(judged["doc_id"], passages)
        self._queries = dict(queries.select("query_id", "text").iter_rows())
        self._first_passages = dict(first.iter_rows())
        self._relevances = _nested(judged, "relevance")
        self._before, self._after = (
            _nested(run.with_columns(place=pl.struct("rank", "passage_id")), "place")
            for run in runs
        )
        shown = pl.concat(table.select(doc_id="passage_id") for table in (first, *runs)).unique()
        found = collection.corpus.join(shown, on="doc_id", how="semi")
        self._texts = {
            doc_id: (title, text)
            for doc_id, title, text in found.select("doc_id", "title", "text").iter_rows()
        }

    def __call__(self, change: Mapping[str, Any]) -> dict[str, Any]:
        query_id = change["query_id"]
        before, after = self._before.get(query_id, {}), self._after.get(query_id, {})
        relevances = self._relevances.get(query_id, {})
        relevant = sorted(
            (doc_id for doc_id, relevance in relevances.items() if relevance > 0),
            key=lambda doc_id: (-relevances[doc_id], _first(before, after, doc_id), doc_id),
        )
        return {
            "query_id": query_id,
            "query": snippet(self._queries[query_id], _QUERY_CHARACTERS),
            "value_before": change["before"],
            "value_after": change["after"],
            "relevant": [
                self._relevant(doc_id, before, after, relevances) for doc_id in relevant[:_RELEVANT]
            ],
            "relevant_documents": len(relevant),
            "results_before": self._results(before, relevances),
            "results_after": self._results(after, relevances),
        }

    def _relevant(
        self, doc_id: str, before: _Places, after: _Places, relevances: Mapping[str, int]
    ) -> dict[str, Any]:
        was, now = before.get(doc_id, {}), after.get(doc_id, {})
        place = now or was or {"passage_id": self._first_passages[doc_id]}
        return self._document(doc_id, place["passage_id"], relevances) | {
            "rank_before": was.get("rank"),
            "rank_after": now.get("rank"),
        }

    def _results(self, places: _Places, relevances: Mapping[str, int]) -> list[dict[str, Any]]:
        first = sorted(places.items(), key=lambda item: item[1]["rank"])[:_RESULTS]
        return [
            {"rank": place["rank"]} | self._document(doc_id, place["passage_id"], relevances)
            for doc_id, place in first
        ]

    def _document(
        self, doc_id: str, passage_id: str, relevances: Mapping[str, int]
    ) -> dict[str, Any]:
        title, text = self._texts.get(passage_id, ("", ""))
        return {
            "doc_id": doc_id,
            "title": snippet(title, _TITLE_CHARACTERS),
            "text": snippet(text, _TEXT_CHARACTERS),
            "relevance": relevances.get(doc_id),
        }


def _first(before: _Places, after: _Places, doc_id: str) -> float:
    return min(places[doc_id]["rank"] if doc_id in places else inf for places in (before, after))


def _nested(table: pl.DataFrame, value: str) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for query_id, doc_id, found in table.select("query_id", "doc_id", value).iter_rows():
        nested.setdefault(query_id, {})[doc_id] = found
    return nested
