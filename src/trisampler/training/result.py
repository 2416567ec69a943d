"""What a training leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


@dataclass(frozen=True)
class TrainingResult:
    """The best encoder, what each step measured, and which step the encoder is of.

    `best_step` is 0 where nothing measured better on the dev pool than the encoder as it came.
    """

    encoder: Encoder
    history: pl.DataFrame
    best_step: int
