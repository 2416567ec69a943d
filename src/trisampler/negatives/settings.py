"""How negatives are chosen: the leaves of the parameter tree that belong to this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from trisampler.negatives.sampler import Sampler

Pool = Literal["encoder", "lexical", "given", "neighbours", "corpus"]
"""Where candidates come from, in the order in which their columns stand:
encoder: the query's top-K of the current encoder; lexical: its BM25 hits; given: the user's own;
neighbours: the positive's nearest documents; corpus: uniform draws from the corpus."""


class SamplingSettings(BaseModel):
    """Which sampler, with what, and what never becomes a negative."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sampler: str = Field("tri", description="a sampler's name, or module:function of your own")
    parameters: dict[str, float] = Field(
        default_factory=dict, description="the sampler's parameters; the rest at their defaults"
    )
    negatives: int = Field(4, ge=1, description="negatives per (query, positive) pair")
    temperature: float = Field(
        0.05, gt=0, description="what training divides scores by; weights are in those logits"
    )
    guard: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="a candidate with 1 - cos(d+,d-) < guard * (1 - cos(q,d+)) for a judged "
        "positive d+ of the query is a near-duplicate and never drawn; 0: no guard",
    )
    document_scores: Literal["dot", "cosine"] = Field(
        "dot", description="the scale on which s(d+,d-) and s(q,d-) are compared in r"
    )
    document_offset: Literal["none", "median"] = Field(
        "none",
        description="median: shift s(d+,d-) - s(q,d-) per pair by its median over the eligible "
        "candidates, for encoders whose document-document scores lie on another level",
    )
    pools: tuple[Pool, ...] = Field(
        (), description="where candidates come from, mixed; empty: the sampler's own pool"
    )
    corpus_candidates: int = Field(
        64, ge=1, description="how many documents the pool corpus offers each pair"
    )
    teacher_ceiling: float | None = Field(
        None,
        description="with a teacher: candidates it scores at or above this are never drawn "
        "(RocketQA keeps those below 0.1)",
    )
    teacher_unscored: Literal["keep", "drop"] = Field(
        "keep",
        description="with a teacher: whether candidates that it has not scored may be drawn; "
        "uniform draws from the corpus, which nobody scores beforehand, always may. With "
        "teacher_ceiling a survey or comparison refuses a sampler whose pool the teacher does not "
        "score, even with keep",
    )
    plane_pairs: int = Field(
        300, ge=0, description="pairs whose candidates are kept with their cosines, for plots"
    )

    def build_sampler(self) -> Sampler:
        """The sampler, with its parameters."""
        from trisampler.negatives.registry import build_sampler

        return build_sampler(self.sampler, self.parameters)

    @property
    def corpus_offered(self) -> int:
        """Documents the pool corpus offers each pair: some to spare for what is not eligible."""
        return max(self.corpus_candidates, 4 * self.negatives)

    def pools_of(self, sampler: Sampler) -> tuple[Pool, ...]:
        """Where the sampler's candidates come from: nowhere if it mines none."""
        if sampler.pool is None:
            return ()
        return self.pools or (sampler.pool,)

    def teacher_needed_by(self, sampler: Sampler) -> str | None:
        """The parameter that needs a teacher's scores, with its value; None where none does."""
        if sampler.needs_teacher:
            return f"sampler={self.sampler}"
        if self.teacher_ceiling is not None:
            return f"teacher_ceiling={self.teacher_ceiling}"
        return "teacher_unscored=drop" if self.teacher_unscored == "drop" else None

    @model_validator(mode="after")
    def _sampler_is_known(self) -> SamplingSettings:
        check_sampler(self.sampler, self.parameters)
        return self

    @model_validator(mode="after")
    def _the_order_of_its_pools_is_random_where_it_is_the_draw(self) -> SamplingSettings:
        others = [pool for pool in self.pools if pool != "corpus"]
        if others and self.build_sampler().takes_corpus_in_order:
            raise ValueError(
                f"sampler {self.sampler!r} takes the documents of the pool corpus in its random "
                f"order, and pools names {others[0]}, whose order is not random: choose top-k, "
                "which draws uniformly from any pools, or leave pools empty"
            )
        return self


def check_sampler(name: str, parameters: Mapping[str, float] | None = None) -> None:
    """Refuse a sampler that cannot be made, in the way of a settings model's validator.

    Raises:
        ValueError: what `build_sampler` says of it.
    """
    from trisampler.negatives.errors import NegativesError
    from trisampler.negatives.registry import build_sampler

    try:
        build_sampler(name, parameters)
    except NegativesError as error:
        raise ValueError(str(error)) from error


class SurveySettings(BaseModel):
    """Which samplers are looked at side by side."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    samplers: tuple[str, ...] = Field(
        (
            "random",
            "bm25",
            "top-k",
            "simans",
            "simans-laplace",
            "perc-pos",
            "margin-pos",
            "perc-pos-uniform",
            "tri",
            "tri-product",
            "tri-t1",
            "tri-t2",
        ),
        min_length=1,
        description="samplers' names, or module:function of your own, at their defaults",
    )
