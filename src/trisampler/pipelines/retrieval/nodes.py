"""Nodes that retrieve candidates."""

from __future__ import annotations

import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.search.settings import RetrievalSettings


def retrieve_candidates(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    train_judgements: pl.DataFrame,
    retrieval: RetrievalSettings,
) -> pl.DataFrame:
    """Exact top-K of every training query; judged positives are marked, and never sampled."""
    from trisampler.search.candidates import mark_positives
    from trisampler.search.dense import search_queries

    found = search_queries(
        query_embeddings, corpus_embeddings, train_judgements["query_id"], retrieval.depth
    )
    return mark_positives(found, train_judgements)
