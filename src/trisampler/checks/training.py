"""What a training asks of the parameters, and a pipeline that trains nothing does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trisampler.negatives.settings import SamplingSettings
from trisampler.parameters import unfit
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


def trains(pipeline: Pipeline) -> bool:
    """Whether a round's training is in it; the comparison's are `check_cells`'s."""
    parts = (node.name.split(".") for node in pipeline.nodes)
    return any(first.startswith("round_") and "training" in rest for first, *rest in parts)


def check_training(
    training: TrainingSettings, sampling: SamplingSettings, teacher: str | None
) -> None:
    """Check that what is drawn, and a teacher where one is learnt from, is enough to train on.

    Raises:
        ParameterError: It is not.
    """
    from trisampler.training.mined_negatives import why_not_trained_on

    reason = why_not_trained_on(sampling, training, teacher)
    if reason:
        raise unfit([f"training: {reason}"])
