"""The whole parameter tree of the pipeline, checked before any node runs.

Each leaf is the settings model of the package that uses it; this module only puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from trisampler.cluster.connection import NO_RAY, ray_is_installed
from trisampler.cluster.settings import ClusterSettings
from trisampler.corpora.settings import AuditSettings, PreparationSettings, SourceSettings
from trisampler.encoders.settings import EncoderSettings, EncodingSettings
from trisampler.errors import TrisamplerError
from trisampler.evaluation.settings import ComparisonSettings, EvaluationSettings
from trisampler.negatives.settings import SamplingSettings, SurveySettings, check_sampler
from trisampler.registry.settings import PromotionSettings
from trisampler.retention.settings import RetentionSettings
from trisampler.search.settings import IndexSettings, LexicalSettings, RetrievalSettings
from trisampler.teachers.settings import TeacherSettings
from trisampler.training.settings import DevPoolSettings, TrainingSettings

_OF_A_VALUE = (
    "; in --params a comma separates parameters, and a value that has one stands in quotes: "
    "\"key='x,y'\""
)


class ParameterError(TrisamplerError):
    """The parameters do not fit the tree: a misspelt key, a wrong type, a value out of range."""


class Parameters(BaseModel):
    """What `conf/<env>/parameters*.yml` and `--params` may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(description="Fixes every random choice of a run.", ge=0)
    workspace: str = Field(
        description="Folder of this corpus in every data layer.", pattern=r"^[A-Za-z0-9][\w.-]*$"
    )
    source: SourceSettings
    preparation: PreparationSettings
    audit: AuditSettings
    encoder: EncoderSettings
    encoding: EncodingSettings
    search: IndexSettings
    lexical: LexicalSettings
    retrieval: RetrievalSettings
    teacher: TeacherSettings
    sampling: SamplingSettings
    survey: SurveySettings
    development: DevPoolSettings
    training: TrainingSettings
    evaluation: EvaluationSettings
    comparison: ComparisonSettings
    promotion: PromotionSettings
    retention: RetentionSettings
    cluster: ClusterSettings

    @field_validator("workspace", mode="before")
    @classmethod
    def _is_as_it_was_written(cls, workspace: object) -> object:
        if type(workspace) in (int, float):
            raise ValueError(
                f"YAML reads it as {workspace!r}, which may not be how it is written (0123 is 83): "
                "put it in quotes"
            )
        return workspace

    @field_validator("cluster")
    @classmethod
    def _there_is_ray_where_needed(cls, cluster: ClusterSettings) -> ClusterSettings:
        if cluster.kind == "ray" and not ray_is_installed():
            raise ValueError(NO_RAY)
        return cluster

    @field_validator("sampling")
    @classmethod
    def _neighbours_are_retrieved(cls, sampling: SamplingSettings) -> SamplingSettings:
        own_pool = sampling.build_sampler().pool
        if own_pool == "neighbours" and not sampling.pools:
            raise ValueError(
                f"sampler {sampling.sampler!r} draws from the pool neighbours, which is retrieved "
                "where sampling.pools names it: add sampling.pools=[neighbours]"
            )
        return sampling

    @field_validator("sampling")
    @classmethod
    def _a_teacher_is_named_where_needed(
        cls, sampling: SamplingSettings, info: ValidationInfo
    ) -> SamplingSettings:
        needing = sampling.teacher_needed_by(sampling.build_sampler())
        teacher = info.data.get("teacher")
        if needing and teacher and teacher.name is None:
            raise ValueError(
                f"sampling.{needing} needs a teacher's scores, and teacher.name is null: set it to "
                "a cross-encoder or a stronger encoder (a hub id, a folder, package:IMPORT_NAME)"
            )
        return sampling

    @field_validator("comparison")
    @classmethod
    def _samplers_take_their_parameters(cls, comparison: ComparisonSettings) -> ComparisonSettings:
        for name, parameters in comparison.sampler_parameters.items():
            check_sampler(name, parameters)
        return comparison

    @field_validator("promotion")
    @classmethod
    def _the_gate_s_measure_is_measured(
        cls, promotion: PromotionSettings, info: ValidationInfo
    ) -> PromotionSettings:
        evaluation = info.data.get("evaluation")
        if evaluation and promotion.measure not in evaluation.measures:
            raise ValueError(
                f"promotion.measure {promotion.measure} is not among evaluation.measures "
                f"({', '.join(evaluation.measures)}): add it there"
            )
        return promotion


def check_parameters(tree: dict[str, Any]) -> Parameters:
    """Validate the tree; of a training's demands on the rest `check_training` says more.

    Raises:
        ParameterError: Naming every key that does not fit, what was found, and what may stand.
    """
    try:
        return Parameters.model_validate(tree)
    except ValidationError as error:
        raise unfit([_describe(problem) for problem in error.errors(include_url=False)]) from None


def unfit(lines: Sequence[str]) -> ParameterError:
    """The error that says so, one line for each key."""
    return ParameterError(
        "The parameters do not fit. Nothing has been run.\n"
        + "\n".join(f"  {line}" for line in lines)
        + "\nCorrect them in conf/<env>/parameters.yml or in --params."
    )


def _describe(problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        known = sorted(_siblings(location))
        return f"{key}: no such parameter{_nearest(location, known)}"
    if problem["type"] == "value_error":
        # Of our own validators: the message says what was found.
        return f"{key}: {problem['ctx']['error']}"
    return f"{key}: {problem['msg']} (found {problem['input']!r})"


def _siblings(location: list[str]) -> list[str]:
    model: Any = Parameters
    for part in location[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return list(getattr(model, "model_fields", {}))


def _nearest(location: list[str], known: list[str]) -> str:
    from difflib import get_close_matches

    match = get_close_matches(location[-1], known, n=1)
    if match:
        return f"; did you mean {match[0]!r}?"
    told = f"; known here: {', '.join(known)}" if known else ""
    # What follows a comma in a path, such as runs,lr=1, reads as a parameter of its own.
    return told + (_OF_A_VALUE if len(location) == 1 else "")
