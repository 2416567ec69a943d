"""Nodes that embed; only texts that the vector cache lacks are encoded."""

from __future__ import annotations

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings, embed
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache


def embed_corpus(
    corpus: pl.DataFrame,
    encoder: Encoder,
    vector_cache: VectorCache,
    encoding: EncodingSettings,
    cluster: ClusterSettings,
) -> Embeddings:
    """One vector per document."""
    from trisampler.cluster.encoding import encoding_by
    from trisampler.corpora.documents import document_texts

    return embed(
        encoder,
        document_texts(corpus),
        corpus["doc_id"].to_list(),
        "document",
        vector_cache,
        encoding,
        encoding_by(cluster),
    )


def embed_queries(
    queries: pl.DataFrame,
    encoder: Encoder,
    vector_cache: VectorCache,
    encoding: EncodingSettings,
    cluster: ClusterSettings,
) -> Embeddings:
    """One vector per query of every split."""
    from trisampler.cluster.encoding import encoding_by

    return embed(
        encoder,
        queries["text"].to_list(),
        queries["query_id"].to_list(),
        "query",
        vector_cache,
        encoding,
        encoding_by(cluster),
    )
