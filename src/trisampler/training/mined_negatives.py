"""What a training asks of the negatives that are mined for it."""

from __future__ import annotations

from trisampler.negatives.sampler import Sampler
from trisampler.negatives.settings import SamplingSettings
from trisampler.training.frozen_corpus import why_not_live
from trisampler.training.settings import TrainingSettings


def why_not_trained_on(
    sampling: SamplingSettings, training: TrainingSettings, teacher: str | None
) -> str | None:
    """Why a training cannot do with what is drawn so; None where it can.

    Args:
        sampling: of what is drawn.
        training: on it.
        teacher: its name, if there is one.
    """
    if training.distillation != "none" and teacher is None:
        return (
            f"training.distillation={training.distillation} learns from a teacher's scores, "
            "and teacher.name is null: set it to a cross-encoder or a stronger encoder"
        )
    sampler = sampling.build_sampler()
    if sampler.pool is None and not training.in_batch_negatives:
        return (
            f"sampler {sampling.sampler!r} mines no negatives, and training.in_batch_negatives is "
            "false: a query would have nothing to be told apart from. Choose another sampler or "
            "set in_batch_negatives to true"
        )
    if training.distillation != "none" and (lack := _lack_of_scores(sampler, sampling, training)):
        return (
            f"training.distillation={training.distillation} learns from a teacher's scores of "
            f"mined negatives, and {lack}. Draw from what a teacher scores, or set distillation "
            "to none"
        )
    if training.frozen_documents:
        return why_not_live(sampling)
    if sampler.pool is not None and training.negatives_per_query > sampling.negatives:
        return (
            f"training.negatives_per_query is {training.negatives_per_query}, and "
            f"sampling.negatives, which are drawn for each pair, {sampling.negatives}: lower the "
            "one or raise the other"
        )
    return None


def _lack_of_scores(
    sampler: Sampler, sampling: SamplingSettings, training: TrainingSettings
) -> str | None:
    """Why a teacher has scored none of the negatives that are trained on."""
    if training.frozen_documents:
        return "none scores those that training.frozen_documents draws at each step"
    if sampler.pool is None:
        return f"sampler {sampling.sampler!r} mines none"
    if training.negatives_per_query == 0:
        return "training.negatives_per_query is 0"
    if set(sampling.pools_of(sampler)) == {"corpus"}:
        return (
            f"sampler {sampling.sampler!r} draws them from the pool corpus, of which none scores "
            "anything beforehand"
        )
    return None
