"""Nodes that train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.training.settings import TrainingSettings


def encoder_trainer(round_number: int) -> Callable[..., Any]:
    """The node function of one round; the round's number is part of what seeds the batches."""

    def train_encoder(
        encoder: Encoder,
        corpus: pl.DataFrame,
        queries: pl.DataFrame,
        train_judgements: pl.DataFrame,
        negatives: pl.DataFrame,
        dev_pool: pl.DataFrame,
        checkpoints: Path,
        training: TrainingSettings,
        seed: int,
    ) -> tuple[Encoder, pl.DataFrame]:
        """Train on the mined negatives; the best encoder by the dev pool, and the history."""
        from trisampler.training.dev_pool import DevPool
        from trisampler.training.examples import TrainingExamples
        from trisampler.training.trainer import train_encoder as train

        result = train(
            encoder,
            TrainingExamples.build(corpus, queries, train_judgements, negatives),
            DevPool.from_table(dev_pool),
            training,
            seed=seed,
            round_number=round_number,
            checkpoint_folder=checkpoints,
        )
        return result.encoder, result.history

    return train_encoder
