"""The recipes as environments and as variants of one comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from test_parameters import loader
from trisampler.cells import Cell
from trisampler.checks.cells import check_cells
from trisampler.parameters import Parameters, check_parameters
from trisampler.structure import Structure

CONF = Path(__file__).parents[1] / "conf"
RECIPES = ("dpr", "ance", "adore", "simans")


def parameters(env: str) -> Parameters:
    return check_parameters(loader(env)["parameters"])


def structure(env: str) -> Structure:
    return Structure.model_validate(loader(env)["structure"])


def own(env: str, name: str) -> dict[str, Any]:
    file = CONF / env / name
    return dict(yaml.safe_load(file.read_text())) if file.is_file() else {}


def cell(label: str) -> Cell:
    (found,) = (
        each
        for each in structure("recipes").comparison.cells
        if (each.label, each.number) == (label, 1)
    )
    return found


@pytest.mark.parametrize("env", ["base", "smoke", "recipes", "sensitivity"])
def test_what_an_environment_compares_can_be_run(env: str) -> None:
    tree = parameters(env)
    check_cells(
        structure(env).comparison, tree.comparison, tree.sampling, tree.training, tree.teacher.name
    )


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_the_same_by_its_environment_and_in_the_comparison(recipe: str) -> None:
    variant = cell(recipe).variant
    given = own(recipe, "parameters.yml")
    sampling = {"sampler": variant.sampler, **variant.sampling}
    assert given == {"sampling": sampling, "training": variant.training}
    assert structure(recipe).rounds == variant.rounds


@pytest.mark.parametrize("env", [*RECIPES, "recipes", "sensitivity", "smoke"])
def test_what_is_trained_otherwise_has_a_workspace_of_its_own(env: str) -> None:
    assert parameters(env).workspace == env


@pytest.mark.parametrize("recipe", RECIPES)
def test_with_tri_in_place_nothing_but_the_sampler_differs(recipe: str) -> None:
    variant, other = cell(recipe).variant, cell(f"{recipe}-tri").variant
    assert other.sampler == "tri"
    assert variant.sampler != "tri"
    assert variant.model_copy(update={"sampler": "tri"}) == other
    assert parameters("recipes").comparison.against[f"{recipe}-tri"] == recipe


@pytest.mark.parametrize("env", ["recipes", "sensitivity"])
def test_all_have_one_budget_of_encoded_documents(env: str) -> None:
    training = parameters(env).training
    for each in structure(env).comparison.cells:
        rounds = [each.training(training, number) for number in each.rounds]
        if rounds[0].frozen_documents:
            assert sum(it.steps * it.batch_queries for it in rounds) == 80 * 16
        else:
            encoded = [it.steps * it.batch_queries * (1 + it.negatives_per_query) for it in rounds]
            assert sum(encoded) == 80 * 16 * 3, each.label


def test_lines_of_sensitivity_change_one_thing_each() -> None:
    comparison, tree = structure("sensitivity").comparison, parameters("sensitivity")
    assert {name for line in comparison.lines.values() for name in line} == set(comparison.labels)
    assert all(len(line) == 3 and "tri" in line for line in comparison.lines.values())
    (sigma, multiple, drawn, guard, rounds) = comparison.lines.values()
    for each in comparison.cells:
        sampling = each.sampling(tree.sampling, {})
        assert sampling.parameters.get("sigma", 2**0.5) == pytest.approx(
            sigma.get(each.label, 2**0.5), abs=1e-4
        )
        assert sampling.parameters.get("multiple", 8) == multiple.get(each.label, 8)
        assert sampling.negatives == drawn.get(each.label, 4)
        assert each.training(tree.training).negatives_per_query * 2 == sampling.negatives
        assert sampling.guard == guard.get(each.label, 0.1)
        assert each.variant.rounds == rounds.get(each.label, 1)
