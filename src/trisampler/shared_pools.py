"""What samplers that are looked at side by side share: what the parameters have made for one."""

from __future__ import annotations

from trisampler.negatives.settings import SamplingSettings


def why_not_shared(
    settings: SamplingSettings, parameters: SamplingSettings, *, taught: bool
) -> str | None:
    """Why candidates that a sampler needs are not there; None where they are.

    Args:
        settings: of the sampler.
        parameters: by which neighbours are retrieved and a teacher scores candidates.
        taught: whether the sampler, or what is trained on it, needs a teacher's scores.
    """
    from trisampler.negatives.registry import build_sampler

    pools, made = (
        each.pools_of(build_sampler(each.sampler, each.parameters))
        for each in (settings, parameters)
    )
    if "neighbours" in pools and "neighbours" not in parameters.pools:
        return "its pool neighbours is retrieved where sampling.pools names it"
    unscored = [pool for pool in pools if pool not in (*made, "corpus")]
    if taught and unscored:
        return (
            f"the teacher does not score its pool {unscored[0]}, but those of sampling.sampler or, "
            f"where it names some, sampling.pools ({', '.join(made) or 'none'})"
        )
    return None
