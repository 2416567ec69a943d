"""The cells of the comparison: a training per (variant, seed number), alike in all else.

All cells get the same budget in documents that are encoded with a gradient, the dear part of a
training: as many as `training.steps` batches of the parameters have, where negatives are mined. A
sampler that mines none encodes 1 / (1 + negatives_per_query) of the documents in a step, and gets
as many times the steps; so does a variant of smaller batches.
"""

from __future__ import annotations

from dataclasses import dataclass

from trisampler.hashing import derive_seed
from trisampler.negatives.settings import SamplingSettings
from trisampler.training.settings import TrainingSettings
from trisampler.variants import SamplerParameters, Variant


@dataclass(frozen=True)
class Cell:
    """One training of the comparison.

    Attributes:
        label: The variant's name; the sampler's where nothing else differs.
        variant: What is trained with.
        number: Of the seed, from 1.
    """

    label: str
    variant: Variant
    number: int

    @property
    def name(self) -> str:
        """As in names of nodes, datasets and folders: `tri.seed_1`."""
        return f"{self.label.replace(':', '-').replace('.', '-')}.seed_{self.number}"

    @property
    def rounds(self) -> range:
        """The numbers of its rounds."""
        return range(1, self.variant.rounds + 1)

    def seed(self, seed: int) -> int:
        """The cell's seed: the same for all variants, so that cells of one number are a pair."""
        return derive_seed(seed, "comparison", self.number)

    def sampling(self, sampling: SamplingSettings, own: SamplerParameters) -> SamplingSettings:
        """The settings with the cell's sampler, its own parameters and what else it names.

        `sampling.pools` replaces the pool of samplers that draw from the encoder's candidates.
        What another pool offers is what makes the other samplers (random, bm25): they keep theirs,
        unless the variant names pools.

        Raises:
            ValidationError: What the variant names does not fit.
        """
        from trisampler.negatives.registry import build_sampler

        parameters = self.variant.sampler_parameters(own)
        movable = build_sampler(self.variant.sampler, parameters).pool == "encoder"
        return SamplingSettings.model_validate(
            {
                **sampling.model_dump(),
                "pools": sampling.pools if movable else (),
                **self.variant.sampling,
                "sampler": self.variant.sampler,
                "parameters": parameters,
            }
        )

    def training(self, training: TrainingSettings, round_number: int = 1) -> TrainingSettings:
        """The settings with as many steps as the budget has for a round, measured as often.

        Where documents are frozen nothing but queries is encoded, and equal numbers of them are
        equal cost.

        Args:
            training: The parameters.
            round_number: Of the variant's rounds, which have equally many steps, but for one.

        Raises:
            ValidationError: What the variant names does not fit.
        """
        changed = TrainingSettings.model_validate(
            {**training.model_dump(), **self.variant.training}
        )
        per_step = changed.batch_queries
        budget_per_step = training.batch_queries
        if not changed.frozen_documents:
            per_step *= 1 + (changed.negatives_per_query if self._mines else 0)
            budget_per_step *= 1 + training.negatives_per_query

        def times(number: int) -> int:
            return (2 * number * budget_per_step + per_step) // (2 * per_step)

        steps = max(len(self.rounds), times(training.steps))
        before = (round_number - 1) * steps // len(self.rounds)
        so_far = round_number * steps // len(self.rounds)
        update = {
            "steps": so_far - before,
            "evaluate_every": max(1, times(training.evaluate_every)),
            "checkpoint_every": times(training.checkpoint_every),
        }
        return changed.model_copy(update=update)

    def draws_while_training(self, training: TrainingSettings) -> bool:
        """Whether negatives are drawn at each step, so that those drawn before are not trained on.

        Args:
            training: The parameters.
        """
        return self.training(training).frozen_documents and self._mines

    @property
    def _mines(self) -> bool:
        from trisampler.negatives.registry import build_sampler

        return build_sampler(self.variant.sampler, self.variant.parameters).pool is not None
