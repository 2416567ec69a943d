from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trisampler.evaluation.significance import bootstrap_interval, holm, randomisation_test

VALUES = st.sampled_from([-1.0, -0.5, -1 / 3, -0.1, 0.0, 0.1, 0.2, 0.3, 1 / 3, 0.63092975, 1.0])


def by_enumeration(differences):
    """Fisher's definition, sign by sign."""
    found = abs(sum(differences))
    sums = [
        abs(sum(sign * value for sign, value in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(value >= found - 1e-12 for value in sums) / len(sums)


@given(st.lists(VALUES, min_size=1, max_size=7))
@settings(deadline=None, max_examples=100)
def test_the_exact_test_is_the_enumeration_of_all_signs(differences):
    test = randomisation_test(np.array([differences]).T, 128, np.random.default_rng(0))
    assert test.exact
    assert test.p_values[0] == by_enumeration(differences)


@pytest.mark.parametrize("seed", range(5))
def test_the_exact_test_agrees_with_scipy(seed):
    differences = np.random.default_rng(seed).normal(0.4, 1, size=11)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    test = randomisation_test(differences[:, None], 10_000, np.random.default_rng(0))
    assert test.exact
    assert test.p_values[0] == pytest.approx(theirs.pvalue, abs=1e-12)


def test_drawn_signs_come_close_to_all_signs():
    differences = np.random.default_rng(1).normal(0.25, 1, size=(16, 6))
    exact = randomisation_test(differences, 2**16, np.random.default_rng(0))
    drawn = randomisation_test(differences, 2**16 - 1, np.random.default_rng(0))
    assert (exact.exact, drawn.exact) == (True, False)
    error = 4 * np.sqrt(exact.p_values * (1 - exact.p_values) / 2**16)
    assert (np.abs(exact.p_values - drawn.p_values) <= error + 2**-16).all()


def test_drawn_signs_count_the_found_one():
    certain = np.full((100, 1), 0.1)
    test = randomisation_test(certain, 999, np.random.default_rng(0))
    assert test.p_values[0] == 1 / 1000


def test_no_difference_at_all_has_p_1_whatever_the_method():
    for queries in (5, 500):
        test = randomisation_test(np.zeros((queries, 1)), 1000, np.random.default_rng(0))
        assert test.p_values[0] == 1


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("tenths", [(1, 2, 3), (1, 6, 7), (2, 4, 6), (3, 3, 6), (1, 8, 9)])
def test_sums_that_are_equal_but_for_rounding_are_equal(sign, tenths):
    # a + b - c is 0 on paper: five of the eight signs of (a, b, c) leave a sum of 1 or more.
    a, b, c = (sign * tenth / 10 for tenth in tenths)
    differences = np.array([[a], [b], [-c], [1.0]])
    test = randomisation_test(differences, 1000, np.random.default_rng(0))
    assert test.p_values[0] == 5 / 8


def test_a_comparison_does_not_depend_on_those_beside_it_nor_on_its_sign():
    differences = np.random.default_rng(2).normal(0.1, [1, 1e-6, 1e3], size=(300, 3))
    together = randomisation_test(differences, 2000, np.random.default_rng(5))
    for column in range(3):
        alone = randomisation_test(-differences[:, [column]], 2000, np.random.default_rng(5))
        assert alone.p_values[0] == together.p_values[column]


def test_p_values_are_uniform_where_there_is_no_difference():
    generator = np.random.default_rng(7)
    differences = generator.normal(size=(60, 2000)) * generator.exponential(size=(60, 1))
    p_values = randomisation_test(differences, 2000, generator).p_values
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert (p_values < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_bootstrap_intervals_are_scipys():
    values = np.random.default_rng(3).beta(0.5, 0.7, size=(200, 2)) - 0.3
    low, high = bootstrap_interval(values, 20_000, 0.95, np.random.default_rng(0))
    for column in range(2):
        theirs = stats.bootstrap(
            (values[:, column],), np.mean, n_resamples=20_000, method="percentile", rng=1
        ).confidence_interval
        assert low[column] == pytest.approx(theirs.low, abs=0.002)
        assert high[column] == pytest.approx(theirs.high, abs=0.002)


def test_bootstrap_of_two_queries_by_hand():
    # Means of two draws from {0, 1}: 0, .5, 1 with chances 1/4, 1/2, 1/4.
    values = np.array([[0.0], [1.0]])
    low, high = bootstrap_interval(values, 5000, 0.4, np.random.default_rng(0))
    assert (low[0], high[0]) == (0.5, 0.5)
    low, high = bootstrap_interval(values, 5000, 0.6, np.random.default_rng(0))
    assert (low[0], high[0]) == (0.0, 1.0)


def test_bootstrap_of_equal_values_has_no_width():
    values = np.full((50, 1), 0.3)
    low, high = bootstrap_interval(values, 500, 0.95, np.random.default_rng(0))
    assert low[0] == high[0] == pytest.approx(0.3, abs=1e-14)


def test_95_percent_intervals_cover_about_95_percent_of_the_time():
    values = np.random.default_rng(4).exponential(size=(80, 1500))
    low, high = bootstrap_interval(values, 1500, 0.95, np.random.default_rng(0))
    assert ((low <= 1) & (high >= 1)).mean() == pytest.approx(0.94, abs=0.025)


def test_holm_by_hand():
    # sorted: .01 x 4, .02 x 3, .03 x 2 (raised to .06), .5 x 1
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(deadline=None, max_examples=100)
def test_holm_keeps_the_order_and_lies_between_none_and_bonferroni(p_values):
    corrected = holm(p_values)
    for p_value, holm_value in zip(p_values, corrected, strict=True):
        assert p_value <= holm_value <= min(1.0, len(p_values) * p_value)
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all()
