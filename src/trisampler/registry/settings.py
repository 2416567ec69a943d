"""When a new encoder may take the champion's place."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class PromotionSettings(BaseModel):
    """The gate: a new encoder must not be worse than the champion."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    split: Literal["dev", "test"] = Field(
        default="dev", description="Whose queries decide. What decides no longer reports."
    )
    measure: str = Field(
        default="nDCG@10", description="The measure that decides: one of evaluation.measures."
    )
    margin: float = Field(
        default=0.01, ge=0, lt=1, description="What may be lost of it; 0: it must get better."
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="How often an encoder that is worse by the margin may pass.",
    )

    @field_validator("measure")
    @classmethod
    def _print_as_ir_measures(cls, name: str) -> str:
        from trisampler.evaluation.measures import parse_measure

        return str(parse_measure(name))
