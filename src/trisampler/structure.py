"""What shapes the DAG: read from conf/<env>/structure.yml, never from runtime parameters.

Kedro builds pipelines before it reads parameters, and `register_pipelines()` gets no arguments. So
the number of rounds and the cells of the comparison stand in a file of their own; a hook says which
environment's file counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trisampler.cells import Cell
from trisampler.configuration import read_configuration
from trisampler.errors import TrisamplerError, fitting
from trisampler.evaluation.systems import LEXICAL, UNTUNED, system_label
from trisampler.negatives.settings import check_sampler
from trisampler.variants import Variant

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader

_VARIANT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# Rows of what was not trained, in every comparison.
_TAKEN = (system_label(LEXICAL), UNTUNED)


class StructureError(TrisamplerError):
    """structure.yml does not fit, or a runtime parameter tried to change the DAG."""


class ComparisonStructure(BaseModel):
    """The cells of the comparison: each sampler and each variant with each seed number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samplers: tuple[str, ...] = Field((), description="Names, or module:function of your own.")
    variants: dict[str, Variant] = Field(
        default_factory=dict,
        description="By names of your own: samplers with what else differs from the parameters.",
    )
    seeds: int = Field(description="Seed numbers 1 to so many.", ge=1)
    test: bool = Field(
        True, description="Whether the test split is searched and measured; false while tuning."
    )
    lines: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="Figures of a parameter's effect: its name, and the values of it that samplers "
        "and variants stand for.",
    )

    @field_validator("samplers")
    @classmethod
    def _samplers_are_known(cls, samplers: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in samplers if samplers.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        for name in samplers:
            check_sampler(name)
        return samplers

    @field_validator("variants")
    @classmethod
    def _variants_have_names(cls, variants: dict[str, Variant]) -> dict[str, Variant]:
        for name in variants:
            if not _VARIANT_NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot name a variant: write letters, digits, '_' and '-', the "
                    "first a letter or digit"
                )
            if name in _TAKEN:
                raise ValueError(
                    f"{name!r} names a system that the comparison shows beside what it trains: "
                    "choose another name"
                )
        return variants

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        if not self.labels:
            raise ValueError("at least 1 of samplers and variants is needed")
        twice = sorted(set(self.samplers) & set(self.variants))
        if twice:
            raise ValueError(f"named twice, as sampler and as variant: {', '.join(twice)}")
        named: dict[str, str] = {}
        for cell in self.cells:
            other = named.setdefault(cell.name, cell.label)
            if other != cell.label:
                raise ValueError(
                    f"{other} and {cell.label} cannot be told apart in names of nodes and folders "
                    f"({cell.name}): name a variant otherwise"
                )
        of_lines = {name for line in self.lines.values() for name in line}
        strangers = sorted(of_lines - set(self.labels))
        if strangers:
            raise ValueError(
                f"lines names {', '.join(strangers)}, which is neither sampler nor variant here"
            )
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """What is compared, by name: samplers, then variants."""
        return (*self.samplers, *self.variants)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """By label as named, then by seed number."""
        of_samplers = {name: Variant(sampler=name) for name in self.samplers}
        return tuple(
            Cell(label, variant, number)
            for label, variant in {**of_samplers, **self.variants}.items()
            for number in range(1, self.seeds + 1)
        )


class Structure(BaseModel):
    """The shape of the DAG."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int = Field(description="Times that negatives are mined and the encoder trained.", ge=1)
    comparison: ComparisonStructure


_chosen: Structure | None = None


def choose_structure(config_loader: AbstractConfigLoader) -> None:
    """Make the structure of this loader's environment the one that pipelines are built from."""
    from kedro.framework.project import pipelines

    global _chosen
    structure = read_structure(config_loader)
    if structure != _chosen:
        _chosen = structure
        # Kedro caches the pipelines of the first access; a new structure makes them stale.
        pipelines._is_data_loaded = False


def current_structure() -> Structure:
    """The chosen structure, or that of KEDRO_ENV (else base) where no context was made yet.

    Raises:
        StructureError: structure.yml is missing or does not fit.
    """
    if _chosen is not None:
        return _chosen
    from kedro.utils import find_kedro_project

    project = find_kedro_project(Path.cwd()) or Path(__file__).resolve().parents[2]
    return read_structure(read_configuration(project))


def refuse_structural_parameters(runtime_params: dict[str, Any]) -> None:
    """Stop a run whose `--params` name what only structure.yml may say.

    Raises:
        StructureError: Naming the parameter and the way that works.
    """
    # `comparison` is a group of parameters too: of that, only the structure's part is refused.
    given = dict(runtime_params)
    group = given.pop("comparison", {})
    given |= {
        f"comparison.{name}": value
        for name, value in (group.items() if isinstance(group, dict) else ())
        if name in ComparisonStructure.model_fields
    }
    structural = {*Structure.model_fields, *(name for name in given if "." in name)}
    for name in sorted(structural & set(given)):
        raise StructureError(
            f"--params {name}={given[name]}: {name!r} shapes the DAG, which is "
            f"built before parameters are read. Write {_in_yaml(name, given[name])} into "
            "conf/local/structure.yml (or another environment's, and use --env)."
        )


def _in_yaml(name: str, value: Any) -> str:
    group, _, key = name.rpartition(".")
    return f"`{group}: {{{key}: {value}}}`" if group else f"`{key}: {value}`"


def read_structure(config_loader: Mapping[str, Any]) -> Structure:
    """What a configuration loader has under `structure`.

    Raises:
        StructureError: It does not fit.
    """
    return fitting(Structure, config_loader["structure"], "structure.yml", StructureError)
