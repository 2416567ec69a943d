"""Nodes that train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from trisampler.cluster.settings import ClusterSettings
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoder import Encoder
from trisampler.incremental.own_functions import calls_named
from trisampler.negatives.settings import SamplingSettings
from trisampler.training.settings import TrainingSettings


def encoder_trainer(round_number: int, description: str) -> Callable[..., Any]:
    """The node function of one round.

    Args:
        round_number: From 1; part of what seeds the batches.
        description: Of the progress bar.
    """

    @calls_named("sampling", lambda sampling: (sampling.sampler,))
    def train_encoder(
        encoder: Encoder,
        corpus: pl.DataFrame,
        queries: pl.DataFrame,
        train_judgements: pl.DataFrame,
        negatives: pl.DataFrame,
        near_duplicates: pl.DataFrame,
        dev_pool: pl.DataFrame,
        corpus_embeddings: Embeddings,
        checkpoints: Path,
        training: TrainingSettings,
        sampling: SamplingSettings,
        depth: int,
        seed: int,
        cluster: ClusterSettings,
    ) -> tuple[Encoder, pl.DataFrame]:
        """Train on the mined negatives; the best encoder by the dev pool, and the history.

        With frozen documents negatives are drawn while training, from the embeddings as they are.
        """
        from trisampler.cluster.training import training_by
        from trisampler.training.dev_pool import DevPool
        from trisampler.training.examples import TrainingExamples
        from trisampler.training.frozen_corpus import FrozenCorpus
        from trisampler.training.trainer import train_encoder as train

        frozen = None
        if training.frozen_documents:
            frozen = FrozenCorpus.build(corpus_embeddings, corpus, sampling, depth, near_duplicates)
        result = train(
            encoder,
            TrainingExamples.build(corpus, queries, train_judgements, negatives, near_duplicates),
            DevPool.from_table(dev_pool),
            training,
            seed=seed,
            round_number=round_number,
            checkpoint_folder=checkpoints,
            frozen_corpus=frozen,
            launch=training_by(cluster),
            description=description,
        )
        return result.encoder, result.history

    return train_encoder
