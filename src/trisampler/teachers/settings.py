"""Which model scores candidates, and how: the leaf of the parameter tree of this package."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trisampler.encoders.settings import (
    ComputingSettings,
    EncoderSettings,
    EncodingSettings,
    TextSettings,
)

TeacherKind = Literal["cross-encoder", "bi-encoder"]


class TeacherSettings(TextSettings, ComputingSettings):
    """The teacher. Prompts, pooling and the lengths of the two sides are a bi-encoder's.

    A cross-encoder's score is a probability by default: the sigmoid of its logit, and with two
    classes the softmax's share of the second one, the relevant class. That is the scale of
    RocketQA's thresholds. What a model's folder says about its own activation is not looked at. A
    bi-encoder's score is its own similarity: the dot product of the two vectors, which is the
    cosine where it normalises them.
    """

    name: str | None = Field(
        None,
        min_length=1,
        description="the forms of an encoder's name: hub id, folder, package:IMPORT_NAME, "
        "untrained:SEED; null: no teacher",
    )
    kind: Literal["auto", "cross-encoder", "bi-encoder"] = Field(
        "auto", description="auto: what the architecture in the model's config.json says"
    )
    depth: int = Field(
        50,
        ge=1,
        description="how many candidates of each query are scored from each pool, best first; "
        "positives always are",
    )
    pair_length: int = Field(
        320,
        ge=16,
        description="most tokens of query and document together in a cross-encoder, special "
        "tokens included; the longer of the two is cut first",
    )
    activation: Literal["sigmoid", "none"] = Field(
        "sigmoid",
        description="of a cross-encoder: sigmoid gives a probability, none the logit (with two "
        "classes the difference of their logits)",
    )

    def encoder(self, name: str) -> EncoderSettings:
        """The bi-encoder `name` with these prompts, pooling and lengths."""
        shared = {field: getattr(self, field) for field in TextSettings.model_fields}
        return EncoderSettings(name=name, **shared)

    @property
    def encoding(self) -> EncodingSettings:
        """How the bi-encoder computes; vectors are kept in float32."""
        shared = {field: getattr(self, field) for field in ComputingSettings.model_fields}
        return EncodingSettings(storage="float32", **shared)
