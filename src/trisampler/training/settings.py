"""The parameters of training and of its dev pool."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trisampler.encoders.settings import DEVICE

LEAST_LEARNED_TEMPERATURE = 0.01
"""CLIP's bound: logits are scores times 100 at most."""


class TrainingSettings(BaseModel):
    """How an encoder is trained in one round."""

    fields_without_effect: ClassVar[frozenset[str]] = frozenset({"checkpoint_every"})
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    steps: int = Field(120, ge=1, description="Optimiser steps in a round.")
    batch_queries: int = Field(16, ge=1, description="Queries in a batch.")
    negatives_per_query: int = Field(
        3, ge=0, description="Mined negatives that each query brings into the batch; 0 for none."
    )
    in_batch_negatives: bool = Field(
        True,
        description="Whether a query is also contrasted with the other queries' documents; "
        "false is the recipe of SimANS and AR2.",
    )
    one_source_batches: bool = Field(
        False,
        description="Whether the queries of a batch all come from one source, where the queries "
        "name theirs, so that in-batch negatives are of their own kind.",
    )
    frozen_documents: bool = Field(
        False,
        description="Whether only queries learn, against the documents' vectors as they are, with "
        "negatives drawn anew at each step for the queries of the moment (ADORE). The encoder has "
        "two towers afterwards, and no document is embedded again.",
    )
    separate_towers: bool = Field(
        False,
        description="Whether queries and documents get a tower each, which begin with the same "
        "weights, where one serves both (DPR).",
    )
    document_length: int | None = Field(
        None,
        ge=3,
        description="Most tokens of a document while training, where the encoder's own length is "
        "greater: shorter trains faster. Measuring and embedding use the encoder's length.",
    )
    temperature: float = Field(
        0.05, gt=0, description="Scores are divided by it before the softmax of the loss."
    )
    learn_temperature: bool = Field(
        False,
        description="Whether the temperature is trained too, from the one given; it goes down to "
        f"{LEAST_LEARNED_TEMPERATURE} at most.",
    )
    symmetric: bool = Field(
        False,
        description="Whether each positive has to find its query among the batch's as well; the "
        "loss is then the mean of both ways.",
    )
    matryoshka_dimensions: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (),
        description="Beginnings of the vectors that are trained to do as vectors of their own, "
        "such as 64, 128; the whole vector always is.",
    )
    distillation: Literal["none", "kl", "margin-mse"] = Field(
        "none",
        description="What is learned from the teacher's scores of positives and mined negatives: "
        "its distribution over them (kl) or its margins (margin-mse). Needs teacher.name.",
    )
    distillation_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Weight of the distillation; the rest is that of the contrastive loss.",
    )
    teacher_temperature: float = Field(
        1.0,
        gt=0,
        description="The teacher's scores are divided by it. With kl they are compared with "
        "scores / temperature, so a teacher of probabilities or cosines wants about the same "
        "temperature; with margin-mse with plain scores.",
    )
    learning_rate: float = Field(2e-5, gt=0, description="The peak, reached after the warm-up.")
    warmup_fraction: float = Field(
        0.1, ge=0, lt=1, description="Share of the steps over which the rate rises linearly."
    )
    weight_decay: float = Field(
        0.01, ge=0, description="AdamW's decay; biases and normalisation weights are exempt."
    )
    gradient_clip: float = Field(
        1.0, gt=0, description="The gradient's norm over all weights is cut down to this."
    )
    dropout: bool = Field(
        False,
        description="Whether the encoder's own dropout acts while training; on a CPU it costs "
        "up to a third of the speed.",
    )
    evaluate_every: int = Field(
        30, ge=1, description="Steps between measurements on the dev pool; the last step is always."
    )
    patience: int = Field(
        0,
        ge=0,
        description="Stop after so many measurements in a row without a new best; 0 for never.",
    )
    checkpoint_every: int = Field(
        0, ge=0, description="Steps between checkpoints; 0 for one at each measurement."
    )
    divergence_factor: float = Field(
        10.0,
        gt=1,
        description="Training stops when the loss exceeds so many times the larger of its first "
        "value and that of guessing.",
    )
    micro_batch_tokens: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description="Tokens, padding included, encoded together; a longer text goes alone; "
        "auto: what suits the device.",
    )
    gradient_cache: bool = Field(
        False,
        description="Whether a batch is encoded twice, to need the memory of one micro-batch "
        "(GradCache): for batches that do not fit otherwise. The gradient is the same.",
    )
    gradient_checkpointing: bool = Field(
        False,
        description="Whether each layer's inner results are computed again on the way back rather "
        "than kept: for texts or models so large that one micro-batch does not fit.",
    )
    lora_rank: int = Field(
        0,
        ge=0,
        description="Rank of low-rank adapters that are trained in place of the weights (LoRA), "
        "with a learning rate of ten times as much or more; 0: the weights themselves.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Of the arithmetic inside the encoder; weights and loss are always float32. "
        "auto: bfloat16 where the device is fast in it.",
    )
    device: str = Field("auto", pattern=DEVICE, description="auto, cpu, cuda, cuda:1, mps.")
    processes: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description="Processes of this machine that share each batch's work, on GPUs one each; "
        "auto: one per GPU where `device` is not a particular one, else one.",
    )

    @model_validator(mode="after")
    def _something_to_contrast(self) -> Self:
        if not self.in_batch_negatives and self.negatives_per_query == 0:
            raise ValueError(
                "in_batch_negatives is false and negatives_per_query is 0: a query would have "
                "nothing to be told apart from; raise negatives_per_query or allow in-batch ones"
            )
        return self

    @model_validator(mode="after")
    def _a_learned_temperature_starts_above_its_floor(self) -> Self:
        if self.learn_temperature and self.temperature < LEAST_LEARNED_TEMPERATURE:
            raise ValueError(
                f"learn_temperature is true and temperature is {self.temperature}: one that is "
                f"learned never goes below {LEAST_LEARNED_TEMPERATURE}; begin there or above, or "
                "set learn_temperature to false"
            )
        return self

    @model_validator(mode="after")
    def _queries_to_tell_apart(self) -> Self:
        if self.symmetric and not self.in_batch_negatives:
            raise ValueError(
                "symmetric is true and in_batch_negatives is false: the way from positives to "
                "queries has nothing but the batch's other queries; set one of them otherwise"
            )
        return self


class DevPoolSettings(BaseModel):
    """The small fixed collection on which training is measured as it goes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    queries: int = Field(200, ge=1, description="At most so many dev queries, chosen by seed.")
    documents: int = Field(
        1000,
        ge=2,
        description="At most so many documents; each measurement encodes all of them.",
    )
    hits_per_query: int = Field(
        10, ge=0, description="Top hits of a query, lexical and of encoder_0 each, that may enter."
    )
    random_share: float = Field(
        0.2, ge=0, le=1, description="Share of the documents kept for random ones."
    )
