"""What a training cannot do with is said before anything is run, and to a training alone."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from test_parameters import loader
from trisampler.checks.training import check_training, trains
from trisampler.hooks.configuration import ConfigurationHooks
from trisampler.incremental.own_runner import RUNNER
from trisampler.parameters import ParameterError, Parameters, check_parameters
from trisampler.pipelines import comparison, survey
from trisampler.pipelines.rounds import create_round
from trisampler.structure import Structure

TEACHER = {"name": "untrained:1"}
DISTILLED = {"teacher": TEACHER, "training": {"distillation": "margin-mse"}}


def checked(**runtime: Any) -> Parameters:
    return check_parameters(loader(**runtime)["parameters"])


def check(**runtime: Any) -> None:
    found = checked(**runtime)
    check_training(found.training, found.sampling, found.teacher.name)


@pytest.mark.parametrize(
    ("runtime", "told"),
    [
        ({"training": {"distillation": "kl"}}, ["learns from a teacher's scores", "name is null"]),
        (
            {"training": {"negatives_per_query": 7}},
            ["training: ", "negatives_per_query is 7", "sampling.negatives", "4"],
        ),
        (
            {"training": {"in_batch_negatives": False}, "sampling": {"sampler": "in-batch"}},
            ["sampler 'in-batch' mines no negatives", "in_batch_negatives is false"],
        ),
        ({**DISTILLED, "sampling": {"sampler": "random"}}, ["draws them from the pool corpus"]),
        (
            {**DISTILLED, "sampling": {"pools": ["corpus"]}},
            ["sampler 'tri' draws them from the pool corpus"],
        ),
        ({**DISTILLED, "sampling": {"sampler": "in-batch"}}, ["sampler 'in-batch' mines none"]),
        (
            {"teacher": TEACHER, "training": {"distillation": "kl", "negatives_per_query": 0}},
            ["training.negatives_per_query is 0"],
        ),
        (
            {"teacher": TEACHER, "training": {"distillation": "kl", "frozen_documents": True}},
            ["none scores those that training.frozen_documents draws"],
        ),
    ],
)
def test_what_cannot_be_trained_on_is_named(runtime: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(ParameterError) as error:
        check(**runtime)
    for words in told:
        assert words in str(error.value)


@pytest.mark.parametrize(
    "runtime",
    [
        {"training": {"negatives_per_query": 7}, "sampling": {"negatives": 7}},
        {"training": {"negatives_per_query": 7}, "sampling": {"sampler": "in-batch"}},
        {"training": {"negatives_per_query": 7, "frozen_documents": True}},
        {**DISTILLED, "sampling": {"pools": ["corpus", "encoder"]}},
    ],
)
def test_what_is_enough_to_train_on_fits(runtime: dict[str, Any]) -> None:
    check(**runtime)


@pytest.mark.filterwarnings("ignore:One or more dataset names")
def test_a_round_trains() -> None:
    structure = Structure.model_validate(loader()["structure"])
    assert trains(create_round(2))
    assert not trains(survey.create_pipeline())
    assert not trains(comparison.create_pipeline(structure.comparison))


@pytest.mark.parametrize(
    ("names", "refused"),
    [(None, True), (["whole"], True), (["survey"], False), (["survey", "whole"], True)],
)
def test_a_part_of_a_pipeline_that_trains_is_refused_and_a_survey_is_not(
    monkeypatch: pytest.MonkeyPatch, names: list[str] | None, refused: bool
) -> None:
    whole, surveying = create_round(1), survey.create_pipeline()
    known = {"__default__": whole, "whole": whole, "survey": surveying}
    monkeypatch.setattr("kedro.framework.project.pipelines", known)
    catalog = DataCatalog(
        {
            f"params:{name}": MemoryDataset(value, copy_mode="assign")
            for name, value in checked(sampling={"negatives": 1})
        }
    )
    part = Pipeline([Node(len, "corpus", "size", name="ingestion.count")])
    asked = {"pipeline_names": names, "runner": RUNNER, "only_missing_outputs": False}
    with pytest.raises(ParameterError, match="negatives_per_query") if refused else nullcontext():
        ConfigurationHooks().before_pipeline_run(asked, part, catalog)
