"""Configuration errors come early and say what to do."""

from __future__ import annotations

from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from project_conf import CONF, ENVIRONMENTS
from trisampler.checks.training import check_training
from trisampler.negatives.sampler import Sampler, Stage, uniform
from trisampler.parameters import ParameterError, check_parameters
from trisampler.settings import CONFIG_LOADER_ARGS
from trisampler.structure import Structure, StructureError, refuse_structural_parameters


def near_positives() -> Sampler:
    """A user's own sampler, whose pool is not retrieved unless the parameters name it."""
    return Sampler("near-positives", "neighbours", (Stage(uniform),), "", "")


def loader(env: str = "base", **runtime_params: Any) -> OmegaConfigLoader:
    return OmegaConfigLoader(
        str(CONF), env=env, runtime_params=runtime_params, **CONFIG_LOADER_ARGS
    )


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_fits(env: str) -> None:
    found = check_parameters(loader(env)["parameters"])
    check_training(found.training, found.sampling, found.teacher.name)
    Structure.model_validate(loader(env)["structure"])


def test_the_environment_ray_sets_no_more_than_the_kind_of_cluster() -> None:
    assert loader("ray")["parameters"] == loader(cluster={"kind": "ray"})["parameters"]


def test_the_base_file_names_every_parameter() -> None:
    tree = loader()["parameters"]
    checked = check_parameters(tree).model_dump(mode="json")
    assert set(tree) == set(checked)
    for group, values in tree.items():
        if isinstance(values, dict):
            assert set(values) == set(checked[group]), group


@pytest.mark.parametrize(
    ("runtime", "told"),
    [
        ({"sorce": {"path": "x"}}, ["sorce: no such parameter", "'source'"]),
        ({"source": {"pth": "x"}}, ["source.pth: no such parameter", "'path'"]),
        ({"b": "c"}, ["b: no such parameter", "a comma separates parameters", "\"key='x,y'\""]),
        ({"training": {"steps": 0}}, ["training.steps", "found 0"]),
        ({"training": {"steps": "many"}}, ["training.steps", "found 'many'"]),
        ({"sampling": {"sampler": "trii"}}, ["sampling", "trii"]),
        ({"workspace": "../elsewhere"}, ["workspace", "../elsewhere"]),
        ({"encoder": {"pooling": "max"}}, ["encoder.pooling", "'max'"]),
        ({"audit": {"hidden_share": 1}}, ["audit.hidden_share", "found 1"]),
        (
            {"sampling": {"sampler": f"{__name__}:near_positives"}},
            ["sampling: ", "add sampling.pools=[neighbours]"],
        ),
        ({"sampling": {"sampler": "margin-bins"}}, ["sampler=margin-bins", "teacher.name is null"]),
        ({"sampling": {"teacher_ceiling": 0.1}}, ["teacher_ceiling=0.1", "teacher.name is null"]),
        ({"sampling": {"teacher_unscored": "drop"}}, ["unscored=drop", "teacher.name is null"]),
        ({"search": {"factory": "IVF256"}}, ["search.factory: 'IVF256' is neither exact nor"]),
        ({"teacher": {"kind": "colbert"}}, ["teacher.kind", "'colbert'"]),
    ],
)
def test_what_does_not_fit_is_named(runtime: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(ParameterError) as error:
        check_parameters(loader(**runtime)["parameters"])
    for words in told:
        assert words in str(error.value)


def test_a_sampler_of_neighbours_fits_where_they_are_named() -> None:
    sampling = {"sampler": f"{__name__}:near_positives", "pools": ["neighbours"]}
    check_parameters(loader(sampling=sampling)["parameters"])


def test_what_needs_a_teacher_fits_where_one_is_named() -> None:
    sampling = {"sampler": "margin-bins", "teacher_ceiling": 0.1, "teacher_unscored": "drop"}
    check_parameters(loader(sampling=sampling, teacher={"name": "untrained:1"})["parameters"])


@pytest.mark.parametrize("name", ["2024", "0123", "1.10"])
def test_a_workspace_of_digits_is_a_name_everywhere(name: str) -> None:
    found = loader(workspace=name)
    assert check_parameters(found["parameters"]).workspace == name
    assert found["tracking"]["registered_model"] == f"trisampler-{name}"
    assert f"/{name}/" in found["catalog"]["corpus"]["filepath"]


@pytest.mark.parametrize("number", [83, 1.1])
def test_a_workspace_that_yaml_took_for_a_number_is_refused(number: float) -> None:
    with pytest.raises(ParameterError, match=rf"workspace: YAML reads it as {number}.*quotes"):
        check_parameters(loader(workspace=number)["parameters"])


def test_the_number_of_rounds_is_no_parameter() -> None:
    with pytest.raises(StructureError, match=r"conf/local/structure\.yml"):
        refuse_structural_parameters({"rounds": 3})
