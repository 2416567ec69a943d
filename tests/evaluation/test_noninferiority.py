"""The non-inferiority test against enumeration, another implementation, and what it must obey."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.evaluation.noninferiority import NonInferiority, noninferiority_test

# Values of measures differ by eighths here, so that ties and margins are met exactly.
DIFFERENCES = st.lists(st.integers(-8, 8).map(lambda eighth: eighth / 8), min_size=1, max_size=9)
MARGINS = st.integers(0, 8).map(lambda eighth: eighth / 8)


def found_of(differences: list[float], margin: float, alpha: float = 0.05) -> NonInferiority:
    generator = np.random.default_rng(0)
    return noninferiority_test(np.array(differences), margin, alpha, 1000, generator)


@given(DIFFERENCES, MARGINS)
def test_p_is_the_share_of_sign_flips_at_least_as_high(
    differences: list[float], margin: float
) -> None:
    shifted = [Fraction(value) + Fraction(margin) for value in differences]
    flips = product((1, -1), repeat=len(shifted))
    sums = [sum(sign * value for sign, value in zip(flip, shifted, strict=True)) for flip in flips]
    found = found_of(differences, margin)
    assert found.exact
    assert found.p_value == sum(value >= sum(shifted) for value in sums) / len(sums)


def test_p_is_that_of_scipy() -> None:
    from scipy.stats import permutation_test

    differences = np.random.default_rng(1).normal(size=9)
    theirs = permutation_test(
        (differences + 0.2,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found_of(list(differences), 0.2).p_value == theirs.pvalue


@given(DIFFERENCES, MARGINS, st.sampled_from([0.01, 0.05, 0.2, 0.4]))
def test_bound_p_and_verdict_say_the_same(
    differences: list[float], margin: float, alpha: float
) -> None:
    found = found_of(differences, margin, alpha)
    assert found.passed == (found.p_value < alpha)
    bound = -np.inf if found.lower_bound is None else found.lower_bound
    assert found.passed == (bound > -margin)


@given(DIFFERENCES, MARGINS, MARGINS)
def test_who_passes_a_margin_passes_a_wider_one(
    differences: list[float], one: float, other: float
) -> None:
    narrow, wide = (found_of(differences, margin) for margin in sorted((one, other)))
    assert wide.p_value <= narrow.p_value
    assert wide.passed or not narrow.passed


@given(DIFFERENCES, MARGINS, st.data())
def test_a_query_that_gets_better_never_costs_the_place(
    differences: list[float], margin: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(differences) - 1))
    better = [value + (number == place) / 4 for number, value in enumerate(differences)]
    assert found_of(better, margin).p_value <= found_of(differences, margin).p_value


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=40), st.floats(-0.5, 0.5))
@settings(max_examples=40)
def test_the_bound_moves_with_the_differences(differences: list[float], by: float) -> None:
    here = found_of(differences, 0.1).lower_bound
    there = found_of([value + by for value in differences], 0.1).lower_bound
    assert here is not None
    assert there == pytest.approx(here + by, abs=1e-9)


def test_order_does_not_matter_where_all_flips_are_looked_at() -> None:
    differences = [0.1, -0.3, 0.25, 0.0, 0.4, -0.05]
    assert found_of(differences, 0.02) == found_of(differences[::-1], 0.02)


@pytest.mark.parametrize("queries", [1, 2, 3, 4])
def test_too_few_queries_pass_nothing(queries: int) -> None:
    found = found_of([1.0] * queries, 0.5)
    assert not found.passed
    assert found.lower_bound is None
    assert found.p_value == 0.5**queries


def test_equal_systems_pass_a_margin_and_no_margin_of_zero() -> None:
    assert found_of([0.0] * 50, 0.01).passed
    assert not found_of([0.0] * 50, 0.0).passed


def test_what_is_worse_by_exactly_the_margin_does_not_pass() -> None:
    assert not found_of([-0.01] * 50, 0.01).passed


@pytest.mark.parametrize("queries", [30, 200])
def test_worse_by_the_margin_passes_about_as_often_as_alpha_says(queries: int) -> None:
    generator = np.random.default_rng(2)
    passed = 0
    for _ in range(600):
        changed = generator.random(queries) < 0.3
        differences = np.where(changed, generator.normal(0, 0.3, queries), 0.0) - 0.01
        passed += noninferiority_test(differences, 0.01, 0.05, 400, generator).passed
    assert 0.02 < passed / 600 < 0.085


def test_better_by_much_passes_nearly_always() -> None:
    generator = np.random.default_rng(3)
    passed = [
        noninferiority_test(generator.normal(0.08, 0.3, 300), 0.01, 0.05, 400, generator).passed
        for _ in range(100)
    ]
    assert sum(passed) >= 98
