"""What shapes the DAG: read from conf/<env>/structure.yml, never from runtime parameters.

Kedro builds pipelines before it reads parameters, and `register_pipelines()` gets no arguments. So
the number of rounds and the cells of the comparison stand in a file of their own; a hook says which
environment's file counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from trisampler.cells import Cell
from trisampler.errors import TrisamplerError, told

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader


class StructureError(TrisamplerError):
    """structure.yml does not fit, or a runtime parameter tried to change the DAG."""


class ComparisonStructure(BaseModel):
    """The cells of the comparison: each sampler with each seed number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samplers: tuple[str, ...] = Field(
        description="Samplers' names, or module:function of your own.", min_length=1
    )
    seeds: int = Field(description="Seed numbers 1 to so many.", ge=1)

    @field_validator("samplers")
    @classmethod
    def _samplers_are_known(cls, samplers: tuple[str, ...]) -> tuple[str, ...]:
        from trisampler.negatives.errors import NegativesError
        from trisampler.negatives.registry import build_sampler

        twice = sorted({name for name in samplers if samplers.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        for name in samplers:
            try:
                build_sampler(name)
            except NegativesError as error:
                raise ValueError(str(error)) from error
        return samplers

    @property
    def cells(self) -> tuple[Cell, ...]:
        """By sampler as named, then by seed number."""
        numbers = range(1, self.seeds + 1)
        return tuple(Cell(sampler, number) for sampler in self.samplers for number in numbers)


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
    from kedro.config import OmegaConfigLoader
    from kedro.utils import find_kedro_project

    from trisampler.settings import CONFIG_LOADER_ARGS

    project = find_kedro_project(Path.cwd()) or Path(__file__).resolve().parents[2]
    conf = str(project / "conf")
    return read_structure(
        OmegaConfigLoader(conf, env=os.environ.get("KEDRO_ENV"), **CONFIG_LOADER_ARGS)
    )


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
    try:
        return Structure.model_validate(config_loader["structure"])
    except ValidationError as error:
        raise StructureError(f"conf/<env>/structure.yml does not fit: {told(error)}.") from None
