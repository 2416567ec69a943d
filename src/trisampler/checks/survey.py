"""Whether all samplers of a survey can draw from what the parameters have made for one."""

from __future__ import annotations

from trisampler.checks.shared_pools import why_not_shared
from trisampler.errors import TrisamplerError
from trisampler.negatives.settings import SamplingSettings, SurveySettings


class SurveyError(TrisamplerError):
    """The survey's samplers and the parameters do not fit together."""


def check_survey(survey: SurveySettings, sampling: SamplingSettings, teacher: str | None) -> None:
    """Check that every sampler finds its candidates, with a teacher's scores where it needs some.

    Raises:
        SurveyError: A sampler does not.
        NegativesError: A sampler is unknown.
    """
    from trisampler.negatives.survey import with_sampler

    for name in survey.samplers:
        reason = why_not_shared(with_sampler(sampling, name), sampling, teacher)
        if reason:
            raise SurveyError(
                f"The survey cannot draw with {name!r}: {reason}. Set these otherwise, or take it "
                "out of survey.samplers."
            )
