"""What only structure.yml and the parameters together can tell of the comparison."""

from __future__ import annotations

from pydantic import ValidationError

from trisampler.checks.shared_pools import why_not_shared
from trisampler.errors import TrisamplerError, told
from trisampler.evaluation.settings import ComparisonSettings
from trisampler.negatives.settings import SamplingSettings
from trisampler.structure import ComparisonStructure
from trisampler.training.settings import TrainingSettings


class ComparisonError(TrisamplerError):
    """The comparison's samplers and the parameters do not fit together."""


def check_cells(
    structure: ComparisonStructure,
    comparison: ComparisonSettings,
    sampling: SamplingSettings,
    training: TrainingSettings,
    teacher: str | None,
) -> None:
    """Check that all cells can be drawn, trained and compared.

    Raises:
        ComparisonError: The parameters name what is not compared, or what is compared cannot be
            run with them.
    """
    _check_names(structure, comparison)
    for cell in structure.cells:
        if cell.number > 1:
            continue
        try:
            settings = cell.sampling(sampling, comparison.sampler_parameters)
            trained = cell.training(training)
        except ValidationError as error:
            raise ComparisonError(
                f"The comparison cannot run {cell.label!r}: {told(error)}."
            ) from None
        reason = _why_not(settings, sampling, trained, teacher)
        if reason:
            raise ComparisonError(f"The comparison cannot run {cell.label!r}: {reason}.")


def _check_names(structure: ComparisonStructure, comparison: ComparisonSettings) -> None:
    named = {
        "baselines": comparison.baselines,
        "against": (*comparison.against, *comparison.against.values()),
    }
    for parameter, names in named.items():
        for name in names:
            if name not in structure.labels:
                raise ComparisonError(
                    f"comparison.{parameter} names {name!r}, which is not compared: "
                    f"comparison in structure.yml has {', '.join(structure.labels)}. Add it there "
                    f"or set comparison.{parameter} to what is."
                )
    if structure.lines and not comparison.baselines:
        raise ComparisonError(
            "comparison.lines in structure.yml asks for a figure of differences from the first of "
            "comparison.baselines, and there is none: name the label in the middle of the lines."
        )


def _why_not(
    settings: SamplingSettings,
    base: SamplingSettings,
    training: TrainingSettings,
    teacher: str | None,
) -> str | None:
    from trisampler.training.mined_negatives import why_not_trained_on

    reason = why_not_shared(settings, base, teacher, distillation=training.distillation)
    return reason or why_not_trained_on(settings, training, teacher)
