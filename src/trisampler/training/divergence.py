"""When a training has gone wrong, and what to say then."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trisampler.training.batches import Batch
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.training.step import StepOutcome


def check_outcome(
    outcome: StepOutcome,
    step: int,
    batch: Batch,
    examples: TrainingExamples,
    settings: TrainingSettings,
    first_loss: float | None,
) -> None:
    """Stop at a loss or gradient that is no number, or a loss far above where training began.

    Far is `divergence_factor` times the larger of the first loss and log N, that of guessing among
    the batch's N documents. A loss that merely rises to that of guessing is no divergence.

    Raises:
        TrainingError: it names the step, the batch's queries and what to lower.
    """
    guessing = math.log(max(2, len(batch.document_rows_N)))
    limit = settings.divergence_factor * max(guessing, first_loss or outcome.loss)
    if outcome.is_finite and outcome.loss <= limit:
        return
    found = (
        f"the loss is {outcome.loss:.4g}, above {limit:.4g}"
        if outcome.is_finite
        else f"the loss is {outcome.loss} and the gradient's norm {outcome.gradient_norm}"
    )
    query_ids = ", ".join(repr(examples.query_ids[row]) for row in batch.query_rows_B)
    raise TrainingError(
        f"training diverged at step {step}: {found}. Lower learning_rate "
        f"({settings.learning_rate:g}), lengthen the warm-up (warmup_fraction "
        f"{settings.warmup_fraction:g}), or raise temperature ({settings.temperature:g}). "
        f"If it happens again at the same step, look at its texts; the queries are {query_ids}."
    )
