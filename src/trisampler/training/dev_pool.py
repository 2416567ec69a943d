"""A small fixed collection on which an encoder can be measured often while it trains.

It holds some dev queries, all their positives, what BM25 and encoder_0 find for them (the documents
most easily taken for the positives), and random others. Only dev judgements enter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from trisampler.hashing import derive_seed
from trisampler.training.settings import DevPoolSettings

_COLUMNS = ("query_id", "doc_id", "title", "text", "relevance")


@dataclass(frozen=True)
class DevPool:
    """Tables of the usual columns, each sorted by its ids.

    Attributes:
        queries: query_id, text; every one has a positive.
        documents: doc_id, title, text.
        judgements: query_id, doc_id, relevance (1 or more): all positives of the queries.
    """

    queries: pl.DataFrame
    documents: pl.DataFrame
    judgements: pl.DataFrame

    def __len__(self) -> int:
        """The number of queries; a pool without any measures nothing."""
        return len(self.queries)

    def digest(self) -> str:
        """SHA-256 over the three tables, in hexadecimal."""
        return hashlib.sha256(self.table().write_json().encode()).hexdigest()

    def table(self) -> pl.DataFrame:
        """All of it as one table, to be stored: the rows of the three, null where one has no value.

        A row with both ids is a judgement, one with a query_id alone a query, one with a doc_id
        alone a document.
        """
        parts = [self.queries, self.documents, self.judgements]
        return pl.concat(parts, how="diagonal").select(_COLUMNS)

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> Self:
        """The pool that gave `table`."""
        of_query, of_document = pl.col("query_id").is_not_null(), pl.col("doc_id").is_not_null()
        return cls(
            queries=table.filter(of_query & ~of_document).select("query_id", "text"),
            documents=table.filter(of_document & ~of_query).select("doc_id", "title", "text"),
            judgements=table.filter(of_query & of_document).select(
                "query_id", "doc_id", "relevance"
            ),
        )


def build_dev_pool(
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    bm25_run: pl.DataFrame,
    encoder_run: pl.DataFrame,
    settings: DevPoolSettings,
    seed: int,
) -> DevPool:
    """Choose the pool; a function of its arguments' contents, not of their rows' order.

    Queries enter in random order while their positives fill at most half of the pool; the first
    always enters. Hits enter by rank, as far as the share of random documents leaves room.

    Args:
        corpus: doc_id, title, text.
        queries: query_id, text; more than the dev queries do no harm.
        dev_judgements: query_id, doc_id, relevance; may be empty.
        bm25_run: query_id, doc_id, rank; hits of other queries are ignored.
        encoder_run: the same for encoder_0.
        settings: the pool's size and make-up.
        seed: decides which queries and which random documents.
    """
    positives = dev_judgements.filter(pl.col("relevance") >= 1).sort("query_id", "doc_id")
    chosen = _choose_queries(positives, settings, seed)
    judgements = positives.filter(pl.col("query_id").is_in(chosen))
    documents = judgements["doc_id"].unique().to_list() if chosen else []
    if chosen:
        hits = _hits([bm25_run, encoder_run], chosen, settings.hits_per_query, seed)
        room = settings.documents - round(settings.documents * settings.random_share)
        documents = _filled(documents, hits, room)
        documents = _filled(documents, _shuffled(corpus["doc_id"], seed), settings.documents)
    return DevPool(
        queries=queries.select("query_id", "text")
        .filter(pl.col("query_id").is_in(chosen))
        .sort("query_id"),
        documents=corpus.select("doc_id", "title", "text")
        .filter(pl.col("doc_id").is_in(documents))
        .sort("doc_id"),
        judgements=judgements.select("query_id", "doc_id", "relevance"),
    )


def _choose_queries(positives: pl.DataFrame, settings: DevPoolSettings, seed: int) -> list[str]:
    by_query = dict(positives.group_by("query_id").agg("doc_id").iter_rows())
    chosen: list[str] = []
    documents: set[str] = set()
    for query_id in _shuffled(positives["query_id"].unique(), seed):
        if len(chosen) == settings.queries:
            break
        more = documents.union(by_query[query_id])
        if not chosen or 2 * len(more) <= settings.documents:
            chosen.append(query_id)
            documents = more
    return chosen


def _hits(runs: list[pl.DataFrame], query_ids: list[str], depth: int, seed: int) -> list[str]:
    """Documents that the runs find for the queries, best rank first, ties at random."""
    found = (
        pl.concat(
            [run.select("query_id", "doc_id", "rank") for run in runs], how="vertical_relaxed"
        )
        .filter(pl.col("query_id").is_in(query_ids) & (pl.col("rank") <= depth))
        .group_by("doc_id")
        .agg(pl.col("rank").min())
    )
    shuffled = pl.Series("doc_id", _shuffled(found["doc_id"], seed), dtype=pl.String)
    places = pl.DataFrame(shuffled).with_row_index("place")
    ordered = found.join(places, on="doc_id").sort("rank", "place")
    return ordered["doc_id"].to_list()


def _shuffled(ids: pl.Series, seed: int) -> list[str]:
    in_order = ids.sort()
    random = np.random.default_rng(derive_seed(seed, "dev pool"))
    return in_order.gather(random.permutation(len(in_order))).to_list()


def _filled(documents: list[str], more: list[str], room: int) -> list[str]:
    """`documents` and as many of `more` as there is room for, none twice."""
    present = set(documents)
    fresh = [doc_id for doc_id in more if doc_id not in present]
    return documents + fresh[: max(0, room - len(documents))]
