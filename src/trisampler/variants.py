"""What is compared: a sampler, and whatever else of sampling and training goes with it."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trisampler.negatives.settings import SamplingSettings, check_sampler
from trisampler.training.settings import TrainingSettings

SamplerParameters = dict[str, dict[str, float]]
"""Each sampler's own parameters by its name; a sampler without has its defaults."""

OF_THE_BUDGET = ("steps", "evaluate_every", "checkpoint_every")
"""Parameters of training that follow from the budget, which all cells share."""


class Variant(BaseModel):
    """One way to train: what it does not name is as in the parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sampler: str = Field(description="A sampler's name, or module:function of your own.")
    parameters: dict[str, float] = Field(
        default_factory=dict,
        description="The sampler's own, over those that comparison.sampler_parameters has for it.",
    )
    sampling: dict[str, Any] = Field(
        default_factory=dict, description="In place of parameters of `sampling`."
    )
    training: dict[str, Any] = Field(
        default_factory=dict,
        description="In place of parameters of `training`; steps follow from the budget.",
    )
    rounds: int = Field(
        default=1,
        ge=1,
        description="Times that negatives are mined; the budget is shared among them.",
    )

    @field_validator("sampling")
    @classmethod
    def _sampling_is_known(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _known(given, set(SamplingSettings.model_fields) - {"sampler", "parameters"})

    @field_validator("training")
    @classmethod
    def _training_is_known(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _known(given, set(TrainingSettings.model_fields) - set(OF_THE_BUDGET))

    @model_validator(mode="after")
    def _sampler_is_known(self) -> Self:
        check_sampler(self.sampler, self.parameters)
        return self

    def sampler_parameters(self, own: SamplerParameters) -> dict[str, float]:
        """The sampler's own parameters.

        Args:
            own: Those of all samplers, by name.
        """
        return {**own.get(self.sampler, {}), **self.parameters}

    @property
    def differences(self) -> dict[str, Any]:
        """What it names besides its sampler."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"sampler"})


def _known(given: dict[str, Any], names: set[str]) -> dict[str, Any]:
    unknown = sorted(set(given) - names)
    if unknown:
        raise ValueError(f"{', '.join(unknown)} cannot stand here; what can: {sorted(names)}")
    return given
