"""The cells of the comparison: round 1 once per (sampler, seed number), alike in all else.

All cells get the same budget in documents that are encoded with a gradient, the dear part of a
training. `training.steps` is meant for a batch with mined negatives; a sampler that mines none
encodes 1 / (1 + negatives_per_query) of the documents in a step, and gets as many times the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trisampler.hashing import derive_seed
from trisampler.negatives.settings import SamplingSettings
from trisampler.training.settings import TrainingSettings

SamplerParameters = Mapping[str, Mapping[str, float]]
"""Each sampler's own parameters by its name; a sampler without has its defaults."""


@dataclass(frozen=True)
class Cell:
    """One training of the comparison.

    Attributes:
        sampler: The sampler's name.
        number: Of the seed, from 1.
    """

    sampler: str
    number: int

    @property
    def name(self) -> str:
        """As in names of nodes, datasets and folders: `tri.seed_1`."""
        return f"{self.sampler.replace(':', '-').replace('.', '-')}.seed_{self.number}"

    def seed(self, seed: int) -> int:
        """The cell's seed: the same for all samplers, so that cells of one number are a pair."""
        return derive_seed(seed, "comparison", self.number)

    def sampling(self, sampling: SamplingSettings, own: SamplerParameters) -> SamplingSettings:
        """The settings with the cell's sampler and its own parameters.

        `sampling.pools` replaces the pool of samplers that draw from the encoder's candidates.
        What another pool offers is what makes the other samplers (random, bm25): they keep theirs.
        """
        from trisampler.negatives.registry import build_sampler

        parameters = dict(own.get(self.sampler, {}))
        movable = build_sampler(self.sampler, parameters).pool == "encoder"
        update = {
            "sampler": self.sampler,
            "parameters": parameters,
            "pools": sampling.pools if movable else (),
        }
        return sampling.model_copy(update=update)

    def training(self, training: TrainingSettings) -> TrainingSettings:
        """The settings with as many steps as the budget allows, measured equally often.

        Where documents are frozen nothing but queries is encoded, and equal steps are equal cost.
        """
        from trisampler.negatives.registry import build_sampler

        if build_sampler(self.sampler).pool is not None or training.frozen_documents:
            return training
        times = 1 + training.negatives_per_query
        update = {
            name: times * getattr(training, name)
            for name in ("steps", "evaluate_every", "checkpoint_every")
        }
        return training.model_copy(update=update)
