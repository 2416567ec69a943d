"""Nodes that search with an encoder."""

from __future__ import annotations

from functools import partial

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings
from trisampler.search.index import Index


def search_with_encoder(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    index: Index,
    judgements: pl.DataFrame,
    depth: int,
    cluster: ClusterSettings,
) -> pl.DataFrame:
    """The encoder's run on the judged queries of a split."""
    from trisampler.cluster.searching import search_by
    from trisampler.search.dense import search_queries

    asked = judgements["query_id"]
    search = partial(index.search, exact=search_by(cluster))
    return search_queries(query_embeddings, corpus_embeddings, asked, depth, search)
