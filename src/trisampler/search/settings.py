"""Parameters of candidate retrieval and of the lexical baseline."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal[
    "none", "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "finnish",
    "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian",
    "lithuanian", "nepali", "norwegian", "portuguese", "romanian", "russian", "serbian", "spanish",
    "swedish", "tamil", "turkish", "yiddish",
]  # fmt: skip


class RetrievalSettings(BaseModel):
    """How many candidates negatives are drawn from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    depth: int = Field(
        default=200,
        ge=1,
        description="Candidates of each training query: its nearest documents.",
    )
    neighbours: int = Field(
        default=50,
        ge=1,
        description="Documents nearest to each training positive, where negatives are drawn from "
        "the pool of neighbours.",
    )


class LexicalSettings(BaseModel):
    """BM25, as Lucene has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    k1: float = Field(
        default=0.9,
        ge=0.0,
        allow_inf_nan=False,
        description="How slowly a repeated word's weight saturates.",
    )
    b: float = Field(
        default=0.4,
        ge=0.0,
        le=1.0,
        description="How far long documents are discounted: 0 not at all, 1 fully.",
    )
    language: Language = Field(
        default="english",
        description="Snowball stemmer and stop words; none: words as they stand, all of them.",
    )
    depth: int = Field(
        default=1000,
        ge=1,
        description="Documents kept of each dev and test query.",
    )
