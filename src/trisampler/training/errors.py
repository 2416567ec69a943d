"""What can go wrong in training and be mended by the user."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class TrainingError(TrisamplerError):
    """Training cannot begin or go on: wrong tables, a diverging loss, no room for checkpoints."""


class CheckpointError(TrainingError):
    """Checkpoints cannot be written or read: the one error that only process 0 meets."""
