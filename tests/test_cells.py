"""What cells of the comparison have in common, and what not."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from sampler_cells import cell_of
from trisampler.cells import Cell
from trisampler.checks.cells import ComparisonError, check_cells
from trisampler.checks.survey import SurveyError, check_survey
from trisampler.evaluation.settings import ComparisonSettings
from trisampler.negatives.sampler import Sampler, Stage, uniform
from trisampler.negatives.samplers.random import random
from trisampler.negatives.settings import Pool, SamplingSettings, SurveySettings
from trisampler.structure import ComparisonStructure
from trisampler.training.settings import TrainingSettings
from trisampler.variants import Variant

SAMPLING = SamplingSettings()
TRAINING = TrainingSettings(steps=60, negatives_per_query=3, evaluate_every=20, batch_queries=16)
AGAINST_TOP_K = ComparisonSettings(baselines=("top-k",))
ALL = ComparisonStructure(samplers=("in-batch", "random", "top-k", "tri"), seeds=2)


def own_random():
    """A user's own sampler by another name."""
    return random()


def near() -> Sampler:
    """A user's own sampler that draws from the positives' neighbours."""
    return Sampler("near", "neighbours", (Stage(uniform),), "", "")


def documents(training: TrainingSettings, *, mined: bool) -> int:
    per_query = 1 + (training.negatives_per_query if mined else 0)
    return training.steps * training.batch_queries * per_query


def test_all_cells_encode_equally_many_documents_and_are_measured_equally_often() -> None:
    for cell in ALL.cells:
        training = cell.training(TRAINING)
        mined = cell.label != "in-batch"
        assert documents(training, mined=mined) == 60 * 16 * 4
        assert training.steps // training.evaluate_every == 3
    assert cell_of("tri", 1).training(TRAINING) == TRAINING


def test_frozen_documents_cost_nothing_so_steps_are_equal() -> None:
    frozen = TRAINING.model_copy(update={"frozen_documents": True})
    assert cell_of("in-batch", 1).training(frozen).steps == 60


def test_negatives_are_drawn_while_training_where_documents_are_frozen_and_any_are_mined() -> None:
    frozen = TRAINING.model_copy(update={"frozen_documents": True})
    assert cell_of("tri", 1).draws_while_training(frozen)
    assert not cell_of("in-batch", 1).draws_while_training(frozen)
    assert not cell_of("tri", 1).draws_while_training(TRAINING)


def test_seeds_are_shared_by_samplers_and_differ_by_number() -> None:
    seeds = {number: {cell_of(name, number).seed(17) for name in ALL.samplers} for number in (1, 2)}
    assert all(len(found) == 1 for found in seeds.values())
    assert seeds[1] != seeds[2]
    assert cell_of("tri", 1).seed(17) != cell_of("tri", 1).seed(18)


def test_the_sampler_and_its_own_parameters_are_all_that_changes() -> None:
    base = SamplingSettings(sampler="simans", parameters={"a": 0.25}, negatives=7, guard=0.3)
    changed = cell_of("tri", 1).sampling(base, {"tri": {"sigma": 2.0}, "simans": {"a": 1.0}})
    expected = base.model_dump() | {"sampler": "tri", "parameters": {"sigma": 2.0}}
    assert changed.model_dump() == expected


def test_pools_move_only_samplers_of_the_encoder_s_candidates() -> None:
    mixed = SamplingSettings(pools=("encoder", "lexical"))
    assert cell_of("tri", 1).sampling(mixed, {}).pools == ("encoder", "lexical")
    assert cell_of("random", 1).sampling(mixed, {}).pools == ()
    assert cell_of("bm25", 1).sampling(mixed, {}).pools == ()


def test_a_sampler_of_one_s_own_has_a_name_that_files_and_nodes_can_have() -> None:
    sampler = f"{__name__}:own_random"
    cell = cell_of(sampler, 3)
    assert cell.name == f"{__name__.replace('.', '-')}-own_random.seed_3"
    assert cell.sampling(SAMPLING, {}).sampler == sampler


def test_a_variant_s_own_parameters_go_over_those_of_its_sampler() -> None:
    variant = Variant(
        sampler="tri", parameters={"sigma": 3.0}, sampling={"guard": 0.3, "negatives": 9}
    )
    changed = Cell("wide", variant, 1).sampling(SAMPLING, {"tri": {"sigma": 2.0, "multiple": 4.0}})
    assert changed.parameters == {"sigma": 3.0, "multiple": 4.0}
    expected = {"guard": 0.3, "negatives": 9, "sampler": "tri", "parameters": changed.parameters}
    assert changed.model_dump() == SAMPLING.model_dump() | expected


def test_a_variant_that_names_pools_has_them_whatever_its_sampler() -> None:
    variant = Variant(sampler="bm25", sampling={"pools": ["given"]})
    assert Cell("own", variant, 1).sampling(SAMPLING, {}).pools == ("given",)


@pytest.mark.parametrize("rounds", [1, 2, 3, 7])
@pytest.mark.parametrize("per_query", [1, 2, 7])
def test_the_budget_is_shared_among_rounds_to_the_last_step(rounds: int, per_query: int) -> None:
    variant = Variant(
        sampler="tri",
        training={"negatives_per_query": per_query, "batch_queries": 8},
        rounds=rounds,
    )
    cell = Cell("chain", variant, 1)
    of_rounds = [cell.training(TRAINING, number) for number in cell.rounds]
    assert len(of_rounds) == rounds
    steps = [training.steps for training in of_rounds]
    assert max(steps) - min(steps) <= 1
    per_step = 8 * (1 + per_query)
    assert abs(sum(steps) * per_step - 60 * 16 * 4) <= per_step / 2
    assert all(training.negatives_per_query == per_query for training in of_rounds)


def test_frozen_documents_have_equally_many_queries() -> None:
    training = {"frozen_documents": True, "negatives_per_query": 15, "batch_queries": 8}
    cell = Cell("adore", Variant(sampler="top-k", training=training), 1)
    assert cell.training(TRAINING).steps * 8 == 60 * 16


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ({"sampler": "trii"}, "trii"),
        ({"sampler": "tri", "parameters": {"sigmaa": 1}}, "sigmaa"),
        ({"sampler": "tri", "training": {"steps": 9}}, "steps cannot stand here"),
        ({"sampler": "tri", "sampling": {"sampler": "top-k"}}, "sampler cannot stand here"),
        ({"sampler": "tri", "sampling": {"gaurd": 0.1}}, "gaurd cannot stand here"),
        ({"sampler": "tri", "rounds": 0}, "rounds"),
    ],
)
def test_a_variant_that_does_not_fit_is_refused(variant: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ComparisonStructure.model_validate({"variants": {"own": variant}, "seeds": 1})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"samplers": ["tri", "wide"]}, "wide"),
        ({"samplers": [], "variants": {}}, "at least 1"),
        ({"variants": {"a.b": {"sampler": "tri"}}}, "cannot name a variant"),
        ({"variants": {"tri": {"sampler": "top-k"}}}, "as sampler and as variant: tri"),
        ({"variants": {"BM25": {"sampler": "bm25"}}}, "'BM25' names a system"),
        ({"variants": {"encoder_0": {"sampler": "tri"}}}, "'encoder_0' names a system"),
        (
            {
                "samplers": ["trisampler.negatives.samplers.tri:tri"],
                "variants": {"trisampler-negatives-samplers-tri-tri": {"sampler": "tri"}},
            },
            "cannot be told apart",
        ),
        ({"lines": {"sigma": {"tri": 1, "widest": 2}}}, "widest, which is neither"),
    ],
)
def test_names_have_to_fit_together(changes: dict[str, Any], told: str) -> None:
    tree = {"samplers": ["tri"], "variants": {"wide": {"sampler": "tri"}}, "seeds": 1}
    ComparisonStructure.model_validate(tree)
    with pytest.raises(ValueError, match=told):
        ComparisonStructure.model_validate(tree | changes)


def test_cells_are_samplers_then_variants_each_by_seed() -> None:
    tree = {"samplers": ["tri"], "variants": {"wide": {"sampler": "tri"}}, "seeds": 2}
    cells = ComparisonStructure.model_validate(tree).cells
    names = [cell.name for cell in cells]
    assert names == ["tri.seed_1", "tri.seed_2", "wide.seed_1", "wide.seed_2"]


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
        check_cells(structure, AGAINST_TOP_K, SAMPLING, settings, teacher=None)


@pytest.mark.parametrize(
    ("variant", "comparison", "told"),
    [
        ({"training": {"negatives_per_query": 9}}, {}, "negatives_per_query is 9"),
        ({"training": {"temperature": -1}}, {}, "temperature: .*found -1"),
        ({"sampling": {"guard": 2}}, {}, "guard: .*found 2"),
        ({"sampling": {"pools": ["neighbours"]}}, {}, "where sampling.pools names it"),
        ({"training": {"distillation": "kl"}}, {}, "distillation=kl learns .* is null: set it to"),
        ({}, {"against": {"own": "simans"}}, "against names 'simans', which is not compared"),
        ({}, {"against": {"others": "tri"}}, "against names 'others'"),
    ],
)
def test_what_a_variant_cannot_do_is_said_before(
    variant: dict[str, Any], comparison: dict[str, Any], told: str
) -> None:
    tree = {"samplers": ["tri"], "variants": {"own": {"sampler": "tri", **variant}}, "seeds": 1}
    settings = ComparisonSettings.model_validate({"baselines": ["tri"], **comparison})
    with pytest.raises(ComparisonError, match=told):
        check_cells(
            ComparisonStructure.model_validate(tree), settings, SAMPLING, TRAINING, teacher=None
        )


TAUGHT = {"training": {"distillation": "kl"}}


@pytest.mark.parametrize(
    ("variant", "pools", "told"),
    [
        ({"sampler": "bm25", **TAUGHT}, (), "does not score its pool lexical, .*encoder"),
        ({"sampler": "bm25", "sampling": {"teacher_ceiling": 0.1}}, (), "its pool lexical"),
        ({"sampler": "random", **TAUGHT}, (), "from the pool corpus"),
        ({"sampler": "in-batch", **TAUGHT}, (), "mines none"),
        ({"sampler": "bm25", **TAUGHT}, ("encoder", "lexical"), None),
        ({"sampler": "bm25"}, (), None),
    ],
)
def test_a_cell_that_needs_a_teacher_draws_from_what_it_scores(
    variant: dict[str, Any], pools: tuple[Pool, ...], told: str | None
) -> None:
    structure = ComparisonStructure.model_validate({"variants": {"own": variant}, "seeds": 1})
    sampling = SAMPLING.model_copy(update={"pools": pools})
    with nullcontext() if told is None else pytest.raises(ComparisonError, match=told):
        check_cells(structure, ComparisonSettings(baselines=()), sampling, TRAINING, teacher="x")


@pytest.mark.parametrize(
    ("samplers", "sampling", "teacher", "told"),
    [
        (("top-k", "bm25"), {"teacher_ceiling": 0.1}, "x", "'bm25': the teacher does not score"),
        (("tri", f"{__name__}:near"), {}, None, "pool neighbours is retrieved where"),
        (("margin-bins",), {}, None, "sampler=margin-bins needs a teacher's scores"),
        (("random", "tri"), {"teacher_ceiling": 0.1}, "x", None),
        (("bm25",), {"teacher_ceiling": 0.1, "pools": ("encoder", "lexical")}, "x", None),
        (("bm25", f"{__name__}:near"), {"pools": ("neighbours",)}, None, None),
    ],
)
def test_a_survey_draws_from_what_there_is(
    samplers: tuple[str, ...], sampling: dict[str, Any], teacher: str | None, told: str | None
) -> None:
    settings = SamplingSettings.model_validate({"sampler": "top-k", **sampling})
    with nullcontext() if told is None else pytest.raises(SurveyError, match=told):
        check_survey(SurveySettings(samplers=samplers), settings, teacher)


def test_lines_need_a_centre() -> None:
    tree = {"samplers": ["tri"], "seeds": 1, "lines": {"sigma": {"tri": 1.4}}}
    with pytest.raises(ComparisonError, match="the label in the middle"):
        check_cells(
            ComparisonStructure.model_validate(tree),
            ComparisonSettings(baselines=()),
            SAMPLING,
            TRAINING,
            teacher=None,
        )


def test_what_can_be_run_is_let_through() -> None:
    comparison = ComparisonSettings(
        baselines=("top-k",), sampler_parameters={"tri": {"sigma": 2.0}}
    )
    check_cells(ALL, comparison, SAMPLING, TRAINING, teacher=None)
