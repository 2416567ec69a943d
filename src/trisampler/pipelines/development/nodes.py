"""Nodes that choose the dev pool."""

from __future__ import annotations

import polars as pl

from trisampler.training.settings import DevPoolSettings


def choose_dev_pool(
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    bm25_run: pl.DataFrame,
    encoder_run: pl.DataFrame,
    development: DevPoolSettings,
    seed: int,
) -> pl.DataFrame:
    """Dev queries, their positives, their lexical and dense hits, and a random rest."""
    from trisampler.training.dev_pool import build_dev_pool

    return build_dev_pool(
        corpus, queries, dev_judgements, bm25_run, encoder_run, development, seed
    ).table()
