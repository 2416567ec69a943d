"""How much of what retraining leaves behind is kept."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RetentionSettings(BaseModel):
    """What a run prunes when it has succeeded. Nothing that is made depends on it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: int | None = Field(
        default=None,
        ge=1,
        description="So many newest versions, and runs' models, stay, and so many former champions "
        "to roll back to; null: nothing is ever pruned.",
    )
