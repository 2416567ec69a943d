"""What is called detectable is found about four times in five, by the tests themselves."""

from __future__ import annotations

import numpy as np
import pytest

from trisampler.evaluation.crossed_test import crossed_test
from trisampler.evaluation.mean_squares import MeanSquares, mean_squares
from trisampler.evaluation.paired import paired_difference
from trisampler.evaluation.power import detectable_differences
from trisampler.evaluation.seeded_tests import seeded_bootstrap

TABLES = 150


def tables(seeds: int, queries: int, of_seeds: float, of_queries: float, rest: float):
    """Differences without any shift, (S, Q, TABLES)."""
    generator = np.random.default_rng([seeds, queries])
    return (
        generator.normal(0, of_seeds, (seeds, 1, TABLES))
        + generator.normal(0, of_queries, (1, queries, TABLES))
        + generator.normal(0, rest, (seeds, queries, TABLES))
    )


def expected(seeds: int, queries: int, of_seeds: float, of_queries: float, rest: float):
    """The mean squares that such tables have on average."""
    squares = rest**2 + np.array([queries * of_seeds**2, seeds * of_queries**2, 0.0])
    if seeds == 1:
        squares *= [0, 1, 0]
    return MeanSquares(seeds, queries, *squares[:, None])


@pytest.mark.parametrize(
    ("case", "family"),
    [
        ((3, 300, 0.0, 0.05, 0.1), 11),
        ((3, 300, 0.01, 0.05, 0.1), 1),
        ((3, 100, 0.03, 0.05, 0.1), 4),
        ((1, 300, 0.0, 0.1, 0.0), 10),
    ],
)
def test_a_true_difference_of_that_size_is_found_about_four_times_in_five(case, family) -> None:
    told = detectable_differences(expected(*case), 0.05 / family)[0]
    values, coverage = tables(*case), 1 - 0.05 / family
    generators = [np.random.default_rng(number) for number in (1, 2)]
    student = crossed_test(values, coverage)
    bootstrap = seeded_bootstrap(values, 2000, coverage, *generators)
    # Of a table moved up by `told`, both intervals lie above zero.
    found = np.minimum(student.low, bootstrap.low) + told > 0
    assert 0.7 < found.mean() < 0.9


def test_with_one_seed_and_many_queries_it_is_the_plain_formula() -> None:
    values = np.random.default_rng(4).normal(0, 0.2, (1, 2000, 1))
    plain = paired_difference(values[:, :, 0], np.zeros((1, 2000))).detectable(0.05)
    assert detectable_differences(mean_squares(values), 0.05)[0] == pytest.approx(plain, rel=0.01)


def test_each_comparison_has_its_own_and_what_does_not_vary_has_none() -> None:
    values = tables(3, 40, 0.0, 0.05, 0.1)[:, :, :2]
    both = detectable_differences(mean_squares(values), 0.01)
    alone = detectable_differences(mean_squares(values[:, :, 1:]), 0.01)
    assert both[1] == pytest.approx(alone[0]) != pytest.approx(both[0])
    # The same over again, in a unit twice as large.
    halves = detectable_differences(mean_squares(values / 2), 0.01)
    np.testing.assert_allclose(halves, both / 2)
    assert detectable_differences(mean_squares(np.full((3, 40, 1), 0.25)), 0.01)[0] == 0
