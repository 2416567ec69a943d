"""Parameters of search over vectors, of candidate retrieval and of the lexical baseline."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Language = Literal[
    "none", "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "finnish",
    "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian",
    "lithuanian", "nepali", "norwegian", "portuguese", "romanian", "russian", "serbian", "spanish",
    "swedish", "tamil", "turkish", "yiddish",
]  # fmt: skip


EXACT = "exact"
"""The factory of no index at all: every document is looked at."""


class IndexSettings(BaseModel):
    """How the documents near a query are found."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    factory: str = Field(
        default=EXACT,
        description="exact: every document is looked at; or a FAISS factory string, such as "
        "IVF1024,Flat, IVF1024,PQ48, HNSW32 or SQfp16: an index lists documents, which are then "
        "scored exactly.",
    )
    train_sample: int = Field(
        default=100_000, ge=1, description="Documents that an index is trained on."
    )
    nprobe: int = Field(default=32, ge=1, description="Lists of an IVF index that a query visits.")
    ef_search: int = Field(
        default=128, ge=1, description="Documents of an HNSW index that a query keeps in view."
    )
    rescored: int = Field(
        default=4,
        ge=1,
        description="Documents that an index lists and that are scored exactly, in multiples of "
        "those asked for.",
    )
    recall_queries: int = Field(
        default=200, ge=1, description="Queries that an index is compared with exact search on."
    )
    recall_depth: int = Field(
        default=100, ge=1, description="Documents of each of these queries that it should find."
    )
    recall_floor: float = Field(
        default=0.95, ge=0.0, le=1.0, description="The share below which an index is refused."
    )

    @field_validator("factory")
    @classmethod
    def _faiss_knows_it(cls, factory: str) -> str:
        if factory != EXACT:
            from trisampler.search.index_faiss import why_not

            if reason := why_not(factory):
                raise ValueError(
                    f"{factory!r} is neither exact nor a factory string of FAISS for inner "
                    f"products ({reason}); such are IVF1024,Flat, IVF1024,PQ48, HNSW32, SQfp16"
                )
        return factory


class RetrievalSettings(BaseModel):
    """How many candidates negatives are drawn from."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

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

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

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
