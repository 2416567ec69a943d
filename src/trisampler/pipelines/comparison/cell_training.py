"""The node that trains a cell's encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trisampler.cells import Cell
from trisampler.incremental.own_functions import calls_named
from trisampler.incremental.parts import looks_at
from trisampler.negatives.settings import SamplingSettings
from trisampler.pipelines.training.nodes import encoder_trainer
from trisampler.training.settings import TrainingSettings
from trisampler.variants import SamplerParameters


def cell_trainer(cell: Cell, round_number: int) -> Callable[..., Any]:
    """The node function of a round, with the cell's seed, and as many steps as its budget has."""
    description = f"{cell.label} seed {cell.number}, round {round_number}"
    train = encoder_trainer(round_number, description)

    @calls_named("sampling", lambda _: (cell.variant.sampler,))
    @looks_at("sampler_parameters", lambda own: dict(own.get(cell.variant.sampler, {})))
    def train_encoder(
        training: TrainingSettings,
        sampling: SamplingSettings,
        sampler_parameters: SamplerParameters,
        seed: int,
        **inputs: Any,
    ) -> Any:
        """Train on the cell's negatives; the best encoder by the dev pool, and the history."""
        return train(
            training=cell.training(training, round_number),
            sampling=cell.sampling(sampling, sampler_parameters),
            seed=cell.seed(seed),
            **inputs,
        )

    return train_encoder
