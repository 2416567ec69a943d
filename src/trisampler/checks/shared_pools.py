"""What samplers that are looked at side by side share: what the parameters have made for one."""

from __future__ import annotations

from trisampler.negatives.settings import SamplingSettings


def why_not_shared(
    settings: SamplingSettings,
    parameters: SamplingSettings,
    teacher: str | None,
    *,
    distillation: str = "none",
) -> str | None:
    """Why candidates, or a teacher's scores of them, are not there; None where they are.

    Args:
        settings: of the sampler.
        parameters: by which neighbours are retrieved and a teacher scores candidates.
        teacher: its name, if there is one.
        distillation: of a training on what the sampler draws.
    """
    sampler = settings.build_sampler()
    needing = settings.teacher_needed_by(sampler)
    if needing and teacher is None:
        return f"{needing} needs a teacher's scores, and teacher.name is null"
    pools = settings.pools_of(sampler)
    made = parameters.pools_of(parameters.build_sampler())
    taught = teacher is not None and (needing is not None or distillation != "none")
    if "neighbours" in pools and "neighbours" not in parameters.pools:
        return "its pool neighbours is retrieved where sampling.pools names it"
    unscored = [pool for pool in pools if pool not in (*made, "corpus")]
    if taught and unscored:
        return (
            f"the teacher does not score its pool {unscored[0]}, but those of sampling.sampler or, "
            f"where it names some, sampling.pools ({', '.join(made) or 'none'})"
        )
    return None
