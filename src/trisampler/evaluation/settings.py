"""What is measured, how deep, and how differences are tested."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trisampler.evaluation.systems import ENCODERS, LEXICAL

_SYSTEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class EvaluationSettings(BaseModel):
    """Measures in the notation of ir_measures, and the sizes of the tests."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    measures: tuple[str, ...] = Field(
        default=(
            *("nDCG@10", "RR@10", "AP", "R@5", "R@20", "R@50", "R@100", "R@1000"),
            *("Success@1", "Success@5", "Success@20", "Judged@10"),
        ),
        min_length=1,
        description="Measures of every system, as ir_measures prints them.",
    )
    primary: str = Field(
        default="nDCG@10", description="The measure of plots and sentences: one of `measures`."
    )
    summary: tuple[str, ...] = Field(
        default=("nDCG@10", "RR@10", "R@100"),
        min_length=1,
        description="Columns of the table printed at the end of a run: some of `measures`.",
    )
    depth: int = Field(default=1000, ge=1, description="Documents kept per query in a run.")
    run_files: dict[str, dict[Literal["dev", "test"], str]] = Field(
        default={},
        description="TREC run files of other tools, as further systems: {name: {split: path}}.",
    )
    permutations: int = Field(
        default=10_000,
        ge=100,
        description="Sign flips of the randomisation test; all of them where there are no more.",
    )
    resamples: int = Field(
        default=10_000, ge=100, description="Samples of queries behind a bootstrap interval."
    )
    alpha: float = Field(
        default=0.05, gt=0, lt=0.5, description="Level of the tests; intervals cover 1 - alpha."
    )

    @field_validator("measures", "summary")
    @classmethod
    def _print_as_ir_measures(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        canonical = tuple(_canonical(name) for name in names)
        twice = sorted({name for name in canonical if canonical.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return canonical

    @field_validator("primary")
    @classmethod
    def _print_primary_as_ir_measures(cls, name: str) -> str:
        return _canonical(name)

    @field_validator("run_files")
    @classmethod
    def _name_further_systems(
        cls, run_files: dict[str, dict[Literal["dev", "test"], str]]
    ) -> dict[str, dict[Literal["dev", "test"], str]]:
        for name, paths in run_files.items():
            if not _SYSTEM_NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot name a system: write letters, digits, '_' and '-', the "
                    "first a letter or digit"
                )
            if name.casefold() == LEXICAL or name.casefold().startswith(ENCODERS):
                raise ValueError(f"{name!r} names a system of the pipeline: choose another name")
            if not paths or not all(paths.values()):
                raise ValueError(f"{name} needs a file: {{dev: path}}, {{test: path}} or both")
        return run_files

    @model_validator(mode="after")
    def _shown_is_measured(self) -> EvaluationSettings:
        missing = [name for name in (self.primary, *self.summary) if name not in self.measures]
        if missing:
            raise ValueError(
                f"{', '.join(missing)} is shown (primary, summary) but not among the measures "
                f"{', '.join(self.measures)}: add it there"
            )
        return self

    @model_validator(mode="after")
    def _deep_enough(self) -> EvaluationSettings:
        for name in self.measures:
            cutoff = name.rpartition("@")[2] if "@" in name else ""
            if cutoff.isdigit() and int(cutoff) > self.depth:
                raise ValueError(
                    f"{name} looks at {cutoff} documents, but runs keep {self.depth}: "
                    "raise depth or drop the measure"
                )
        return self


class ComparisonSettings(BaseModel):
    """How the samplers of structure.yml are compared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    baselines: tuple[str, ...] = Field(
        default=("top-k", "simans"),
        description="Samplers or variants that all others are tested against; where the first one "
        "ended on the dev pool is the target that the others' ways to are measured.",
    )
    against: dict[str, str] = Field(
        default_factory=dict,
        description="Samplers or variants that are tested against one other alone, which is their "
        "target too, and not against the baselines.",
    )
    sampler_parameters: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="Each sampler's own parameters by its name; the rest at their defaults.",
    )

    @field_validator("against")
    @classmethod
    def _not_itself(cls, against: dict[str, str]) -> dict[str, str]:
        itself = [name for name, other in against.items() if name == other]
        if itself:
            raise ValueError(f"{itself[0]} cannot be tested against itself")
        return against

    @field_validator("baselines")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"named twice in {', '.join(names)}")
        return names


def _canonical(name: str) -> str:
    # Imported here: ir_measures takes a moment, and settings are imported by every command.
    from trisampler.evaluation.measures import parse_measure

    return str(parse_measure(name))
