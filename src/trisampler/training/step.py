"""One optimiser step: the gradient of a batch, clipped, moves the weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from trisampler.training.batch_encoder import BatchEncoder
from trisampler.training.batches import Batch
from trisampler.training.contrast import Contrast, TrainedDocuments
from trisampler.training.frozen_documents import FrozenDocuments
from trisampler.training.gradient_checkpointing import checkpoint_layers
from trisampler.training.gradients import CachedGradients, Gradients, PlainGradients, Work
from trisampler.training.objective import Objective
from trisampler.training.optimizer import build_optimizer
from trisampler.training.processes import Processes
from trisampler.training.task import TrainingTask


@dataclass(frozen=True)
class StepOutcome:
    """The loss of a batch before the weights moved, and its gradient's norm before clipping.

    Attributes:
        temperature: The one that the loss was taken at.
        documents: How many different ones the queries were contrasted with.
    """

    loss: float
    gradient_norm: float
    temperature: float
    documents: int

    @property
    def is_finite(self) -> bool:
        """Whether both are numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class Stepper:
    """Holds what the steps share: the encoder, the objective, their optimiser, the examples."""

    def __init__(self, task: TrainingTask, device: torch.device, processes: Processes) -> None:
        settings = task.settings
        self._encoder = task.encoder
        self._settings = settings
        self._processes = processes
        normalize = bool(task.encoder.settings.normalize)
        self.objective = Objective(settings, normalize=normalize).to(device)
        batch_encoder = BatchEncoder(task.encoder, settings, device)
        work = Work(batch_encoder, contrast_of(task, self.objective), processes)
        way = CachedGradients if settings.gradient_cache else PlainGradients
        self._gradients: Gradients = way(work)
        self.optimizer = build_optimizer(task.encoder.module, self.objective, settings.weight_decay)

    def run(self, batch: Batch, learning_rate: float, seed: int) -> StepOutcome:
        """Move the weights once, unless loss or gradient is no number.

        Args:
            batch: rows into the examples.
            learning_rate: of this step.
            seed: of this step's dropout, so that a step needs no random state from those before.
        """
        self.optimizer.zero_grad(set_to_none=True)
        temperature = float(self.objective.temperature.detach())
        self._encoder.module.train(self._settings.dropout)
        if self._settings.gradient_checkpointing:
            checkpoint_layers(self._encoder)
        loss = self._gradients.backward(batch, seed)
        self._encoder.eval()
        self._processes.add_up(self._encoder.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self._weights(), self._settings.gradient_clip)
        outcome = StepOutcome(float(loss.value), float(norm), temperature, loss.documents)
        if outcome.is_finite:
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate * group["rate_factor"]
            self.optimizer.step()
            self.objective.keep_above_floor()
        return outcome

    def _weights(self) -> Iterator[torch.nn.Parameter]:
        yield from self._encoder.parameters()
        yield from self.objective.parameters()


def contrast_of(task: TrainingTask, objective: Objective) -> Contrast:
    """What the task's queries are contrasted with."""
    if task.frozen_corpus is None:
        return TrainedDocuments(objective, task.examples)
    return FrozenDocuments(objective, task.examples, task.frozen_corpus, task.settings)
