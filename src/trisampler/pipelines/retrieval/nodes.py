"""Nodes that retrieve candidates."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings


def retrieve_candidates(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    train_judgements: pl.DataFrame,
    depth: int,
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """Exact top-K of every training query; judged positives are marked, and never sampled."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.candidates import mark_positives
    from trisampler.search.dense import search_queries

    asked = train_judgements["query_id"]
    found = search_queries(query_embeddings, corpus_embeddings, asked, depth, search_by(cluster))
    return mark_positives(found, train_judgements)


def retrieve_neighbours(
    corpus_embeddings: Embeddings,
    train_judgements: pl.DataFrame,
    depth: int,
    pools: Sequence[str],
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """Exact top-K of every training positive; empty where negatives come from other pools only."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.candidates import RANKED_COLUMNS
    from trisampler.search.dense import search_neighbours

    if "neighbours" not in pools:
        return pl.DataFrame(schema=RANKED_COLUMNS)
    positives = train_judgements.filter(pl.col("relevance") >= 1)["doc_id"]
    return search_neighbours(corpus_embeddings, positives, depth, search_by(cluster))
