"""What only structure.yml and the parameters together can tell of the comparison."""

from __future__ import annotations

from trisampler.cells import Cell, SamplerParameters
from trisampler.errors import TrisamplerError
from trisampler.negatives.settings import SamplingSettings
from trisampler.structure import ComparisonStructure
from trisampler.training.settings import TrainingSettings


class ComparisonError(TrisamplerError):
    """The comparison's samplers and the parameters do not fit together."""


def check_cells(
    structure: ComparisonStructure,
    baselines: tuple[str, ...],
    sampler_parameters: SamplerParameters,
    sampling: SamplingSettings,
    training: TrainingSettings,
    teacher: str | None,
) -> None:
    """Check that all cells can be drawn, trained and compared.

    Raises:
        ComparisonError: A baseline is no sampler of the comparison, or a sampler cannot be run
            with these parameters.
    """
    there = f"comparison.samplers in structure.yml has {', '.join(structure.samplers)}"
    for name in baselines:
        if name not in structure.samplers:
            raise ComparisonError(
                f"comparison.baselines names {name!r}, which is not compared: {there}. Add it "
                "there or set comparison.baselines to samplers that are."
            )
    for sampler in structure.samplers:
        settings = Cell(sampler, 1).sampling(sampling, sampler_parameters)
        reason = _why_not(settings, sampling, training, teacher)
        if reason:
            raise ComparisonError(f"The comparison cannot run {sampler!r}: {reason}.")


def _why_not(
    settings: SamplingSettings,
    base: SamplingSettings,
    training: TrainingSettings,
    teacher: str | None,
) -> str | None:
    from trisampler.negatives.registry import build_sampler
    from trisampler.training.frozen_corpus import why_not_live

    sampler = build_sampler(settings.sampler, settings.parameters)
    needing = settings.teacher_needed_by(sampler)
    if needing and teacher is None:
        return f"{needing} needs a teacher's scores, and teacher.name is null"
    if sampler.pool == "neighbours" and "neighbours" not in base.pools:
        return "its pool neighbours is retrieved where sampling.pools names it"
    if sampler.pool is None and not training.in_batch_negatives:
        return "it mines no negatives, and training.in_batch_negatives is false"
    return why_not_live(settings) if training.frozen_documents else None
