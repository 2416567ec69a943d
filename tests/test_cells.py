"""What cells of the comparison have in common, and what not."""

from __future__ import annotations

import pytest

from trisampler.cell_checks import ComparisonError, check_cells
from trisampler.cells import Cell
from trisampler.negatives.samplers.random import random
from trisampler.negatives.settings import SamplingSettings
from trisampler.structure import ComparisonStructure
from trisampler.training.settings import TrainingSettings

SAMPLING = SamplingSettings()
TRAINING = TrainingSettings(steps=60, negatives_per_query=3, evaluate_every=20, batch_queries=16)
ALL = ComparisonStructure(samplers=("in-batch", "random", "top-k", "tri"), seeds=2)


def own_random():
    """A user's own sampler by another name."""
    return random()


def documents(training: TrainingSettings, *, mined: bool) -> int:
    per_query = 1 + (training.negatives_per_query if mined else 0)
    return training.steps * training.batch_queries * per_query


def test_all_cells_encode_equally_many_documents_and_are_measured_equally_often() -> None:
    for cell in ALL.cells:
        training = cell.training(TRAINING)
        mined = cell.sampler != "in-batch"
        assert documents(training, mined=mined) == 60 * 16 * 4
        assert training.steps // training.evaluate_every == 3
    assert Cell("tri", 1).training(TRAINING) == TRAINING


def test_frozen_documents_cost_nothing_so_steps_are_equal() -> None:
    frozen = TRAINING.model_copy(update={"frozen_documents": True})
    assert Cell("in-batch", 1).training(frozen).steps == 60


def test_seeds_are_shared_by_samplers_and_differ_by_number() -> None:
    seeds = {number: {Cell(name, number).seed(17) for name in ALL.samplers} for number in (1, 2)}
    assert all(len(found) == 1 for found in seeds.values())
    assert seeds[1] != seeds[2]
    assert Cell("tri", 1).seed(17) != Cell("tri", 1).seed(18)


def test_the_sampler_and_its_own_parameters_are_all_that_changes() -> None:
    base = SamplingSettings(sampler="simans", parameters={"a": 0.25}, negatives=7, guard=0.3)
    changed = Cell("tri", 1).sampling(base, {"tri": {"sigma": 2.0}, "simans": {"a": 1.0}})
    expected = base.model_dump() | {"sampler": "tri", "parameters": {"sigma": 2.0}}
    assert changed.model_dump() == expected


def test_pools_move_only_samplers_of_the_encoder_s_candidates() -> None:
    mixed = SamplingSettings(pools=("encoder", "lexical"))
    assert Cell("tri", 1).sampling(mixed, {}).pools == ("encoder", "lexical")
    assert Cell("random", 1).sampling(mixed, {}).pools == ()
    assert Cell("bm25", 1).sampling(mixed, {}).pools == ()


def test_a_sampler_of_one_s_own_has_a_name_that_files_and_nodes_can_have() -> None:
    sampler = f"{__name__}:own_random"
    cell = Cell(sampler, 3)
    assert cell.name == f"{__name__.replace('.', '-')}-own_random.seed_3"
    assert cell.sampling(SAMPLING, {}).sampler == sampler


@pytest.mark.parametrize(
    ("samplers", "told"),
    [(("tri", "trii"), "trii"), (("tri", "tri"), "named twice: tri"), ((), "at least 1")],
)
def test_a_structure_that_does_not_fit_is_refused(samplers: tuple[str, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ComparisonStructure(samplers=samplers, seeds=1)


@pytest.mark.parametrize(
    ("samplers", "training", "told"),
    [
        (("tri", "simans"), {}, "names 'top-k', which is not compared"),
        (("top-k", "margin-bins"), {}, "needs a teacher's scores"),
        (("top-k", "in-batch"), {"in_batch_negatives": False}, "mines no negatives"),
        (("top-k", "bm25"), {"frozen_documents": True}, "the pool lexical"),
    ],
)
def test_what_cannot_be_run_is_said_before(
    samplers: tuple[str, ...], training: dict[str, bool], told: str
) -> None:
    structure = ComparisonStructure(samplers=samplers, seeds=1)
    settings = TRAINING.model_copy(update=training)
    with pytest.raises(ComparisonError, match=told):
        check_cells(structure, ("top-k",), {}, SAMPLING, settings, teacher=None)


def test_what_can_be_run_is_let_through() -> None:
    check_cells(ALL, ("top-k",), {"tri": {"sigma": 2.0}}, SAMPLING, TRAINING, teacher=None)
