"""Nodes that search with an encoder."""

from __future__ import annotations

import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.evaluation.settings import EvaluationSettings


def search_dev_and_test(
    query_embeddings: Embeddings,
    corpus_embeddings: Embeddings,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    evaluation: EvaluationSettings,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The encoder's runs on dev and test."""
    from trisampler.search.dense import search_queries

    dev, test = (
        search_queries(
            query_embeddings, corpus_embeddings, judgements["query_id"], evaluation.depth
        )
        for judgements in (dev_judgements, test_judgements)
    )
    return dev, test
