"""Nodes that search with an encoder."""

from __future__ import annotations

import polars as pl

from trisampler.encoders.embeddings import Embeddings


def search_with_encoder(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    judgements: pl.DataFrame,
    depth: int,
) -> pl.DataFrame:
    """The encoder's run on the judged queries of a split."""
    from trisampler.search.dense import search_queries

    return search_queries(query_embeddings, corpus_embeddings, judgements["query_id"], depth)
