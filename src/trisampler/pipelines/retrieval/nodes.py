"""Nodes that retrieve candidates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings
from trisampler.search.index import Index


def retrieve_candidates(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    index: Index,
    train_judgements: pl.DataFrame,
    depth: int,
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """Top-K of every training query; judged positives are marked, and never sampled."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.candidates import mark_positives
    from trisampler.search.dense import search_queries

    asked = train_judgements["query_id"]
    search = partial(index.search, exact=search_by(cluster))
    found = search_queries(query_embeddings, corpus_embeddings, asked, depth, search)
    return mark_positives(found, train_judgements)


def retrieve_neighbours(
    corpus_embeddings: Embeddings,
    index: Index,
    train_judgements: pl.DataFrame,
    depth: int,
    pools: Sequence[str],
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """Top-K of every training positive; empty where negatives come from other pools only."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.candidates import RANKED_COLUMNS
    from trisampler.search.dense import search_neighbours

    if "neighbours" not in pools:
        return pl.DataFrame(schema=RANKED_COLUMNS)
    positives = train_judgements.filter(pl.col("relevance") >= 1)["doc_id"]
    search = partial(index.search, exact=search_by(cluster))
    return search_neighbours(corpus_embeddings, positives, depth, search)
