"""What a training leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trisampler.training.history import History

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


@dataclass(frozen=True)
class TrainingResult:
    """The best encoder, and what each step measured (a row each, as of `History.table`)."""

    encoder: Encoder
    history: pl.DataFrame

    @property
    def best_step(self) -> int:
        """The step that the encoder is of; 0 where none measured better on the dev pool."""
        return History.from_table(self.history).best_step
