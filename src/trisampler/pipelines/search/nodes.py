"""Nodes that search with an encoder."""

from __future__ import annotations

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings


def search_with_encoder(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    judgements: pl.DataFrame,
    depth: int,
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """The encoder's run on the judged queries of a split."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.dense import search_queries

    return search_queries(
        query_embeddings, corpus_embeddings, judgements["query_id"], depth, search_by(cluster)
    )
