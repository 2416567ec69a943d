"""Nodes that build indexes."""

from __future__ import annotations

from typing import Any

from trisampler.encoders.embeddings import Embeddings
from trisampler.search.index import Index
from trisampler.search.settings import IndexSettings


def build_index(
    corpus_embeddings: Embeddings, query_embeddings: Embeddings, search: IndexSettings, seed: int
) -> tuple[Index, dict[str, Any]]:
    """An index of the corpus, and what it finds of what a sample of the queries should find."""
    from trisampler.search.index_building import build_index as build

    index = build(corpus_embeddings, search, seed, query_embeddings)
    return index, index.report()
