"""Negatives for the training pairs of a collection, its vectors kept."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.corpora.collection import Collection
from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.negatives.text_mining import MinedNegatives, mine_negatives
from trisampler.retrievers.naming import NamedRetriever
from trisampler.retrievers.over_corpus import EncoderRetriever


def mine_collection(
    collection: Collection,
    encoder: NamedRetriever,
    sampling: dict[str, Any],
    depth: int,
    seed: int,
    cache: VectorCache,
    encoding: EncodingSettings,
) -> MinedNegatives:
    """`mine_negatives` for the training split, with vectors that go through a cache.

    Args:
        collection: documents, queries and judgements.
        encoder: what finds candidates.
        sampling: fields of `SamplingSettings`.
        depth: candidates of each query.
        seed: of the draw.
        cache: where vectors are kept, so that work that was stopped goes on.
        encoding: device and precision.

    Raises:
        NegativesError: what `mine_negatives` raises.
    """
    judgements = collection.train_judgements
    positives = judgements.filter(pl.col("relevance") >= 1)
    queries = collection.queries.join(positives, on="query_id", how="semi").sort("query_id")
    corpus = collection.corpus
    retriever = EncoderRetriever(encoder.load_encoder(), corpus, cache, encoding)
    return mine_negatives(
        queries,
        corpus,
        judgements.join(queries, on="query_id", how="semi"),
        query_vectors=retriever.embed_queries(queries).vectors(),
        document_vectors=retriever.documents.vectors(),
        depth=depth,
        seed=seed,
        **sampling,
    )
