"""Student's t over seeds and queries, against loops, scipy's one-sample test, and simulations."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from trisampler.evaluation.crossed_test import crossed_test
from trisampler.evaluation.mean_squares import mean_squares
from trisampler.evaluation.seeded_tests import seeded_bootstrap
from trisampler.evaluation.significance import randomisation_test


def table(seeds: int, queries: int, of_seeds: float, of_queries: float, rest: float, shift=0.0):
    generator = np.random.default_rng([seeds, queries])
    return (
        shift
        + generator.normal(0, of_seeds, (seeds, 1, 1))
        + generator.normal(0, of_queries, (1, queries, 1))
        + generator.normal(0, rest, (seeds, queries, 1))
    )


def by_loops(values):
    """Variance of the mean and its degrees of freedom, where all three mean squares count."""
    seeds, queries = len(values), len(values[0])
    mean = statistics.fmean(value for row in values for value in row)
    rows = [statistics.fmean(row) for row in values]
    columns = [statistics.fmean(column) for column in zip(*values, strict=True)]
    of_seeds = queries * sum((row - mean) ** 2 for row in rows) / (seeds - 1)
    of_queries = seeds * sum((column - mean) ** 2 for column in columns) / (queries - 1)
    rest = sum(
        (values[s][q] - rows[s] - columns[q] + mean) ** 2
        for s in range(seeds)
        for q in range(queries)
    ) / ((seeds - 1) * (queries - 1))
    assert of_seeds > rest
    assert of_queries > rest
    together = of_seeds + of_queries - rest
    degrees = together**2 / (
        of_seeds**2 / (seeds - 1)
        + of_queries**2 / (queries - 1)
        + rest**2 / ((seeds - 1) * (queries - 1))
    )
    return together / (seeds * queries), degrees, (of_seeds - rest) / together


@pytest.mark.parametrize(("seeds", "queries"), [(2, 5), (3, 40), (10, 30)])
def test_it_is_what_loops_give(seeds: int, queries: int) -> None:
    values = table(seeds, queries, 0.2, 0.2, 0.1, shift=0.1)
    told = crossed_test(values, 0.9)
    variance, degrees, share = by_loops(values[:, :, 0].tolist())
    mean = values.mean()
    of_mean = mean_squares(values).of_mean()
    assert of_mean.variance[0] == pytest.approx(variance)
    assert of_mean.degrees[0] == pytest.approx(degrees)
    assert told.seed_shares[0] == pytest.approx(share)
    assert told.p_values[0] == pytest.approx(
        2 * stats.t.sf(abs(mean) / math.sqrt(variance), degrees)
    )
    reach = stats.t.ppf(0.95, degrees) * math.sqrt(variance)
    assert (told.low[0], told.high[0]) == pytest.approx((mean - reach, mean + reach))


def test_what_varies_between_seeds_alone_is_a_test_of_their_means() -> None:
    of_seed = np.array([0.1, 0.3, 0.15])
    told = crossed_test(np.repeat(of_seed[:, None, None], 50, axis=1), 0.95)
    expected = stats.ttest_1samp(of_seed, 0)
    assert told.p_values[0] == pytest.approx(expected.pvalue)
    assert told.seed_shares[0] == pytest.approx(1)
    interval = expected.confidence_interval(0.95)
    assert (told.low[0], told.high[0]) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("seeds", [1, 4])
def test_what_varies_between_queries_alone_is_a_test_of_queries(seeds: int) -> None:
    of_query = np.random.default_rng(3).normal(0.05, 0.2, 30)
    told = crossed_test(np.repeat(of_query[None, :, None], seeds, axis=0), 0.95)
    assert told.p_values[0] == pytest.approx(stats.ttest_1samp(of_query, 0).pvalue)
    assert told.seed_shares[0] == pytest.approx(0, abs=1e-9)


def test_one_query_says_nothing_of_others_under_any_number_of_seeds() -> None:
    for seeds in (1, 3):
        of_seed = np.array([0.1, 0.12, 0.11])[:seeds]
        told = crossed_test(np.repeat(of_seed[:, None, None], 2, axis=2), 0.95)
        assert told.p_values.tolist() == [1, 1]
        assert told.low.tolist() == told.high.tolist() == [of_seed.mean()] * 2
        assert not any(told.seed_shares)


def test_values_that_do_not_vary_are_what_their_number_says_unless_they_are_zero() -> None:
    told = crossed_test(np.stack([np.zeros((3, 8)), np.full((3, 8), 0.25)], axis=2), 0.95)
    assert told.p_values.tolist() == [1, 2**-7]
    assert told.low.tolist() == told.high.tolist() == [0, 0.25]


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("queries", [2, 3, 5])
def test_no_p_is_below_that_of_all_signs_alike(seeds: int, queries: int) -> None:
    alike = np.full((seeds, queries, 1), 0.37)
    exact = randomisation_test(alike[0], 64, np.random.default_rng(0))
    assert crossed_test(alike, 0.95).p_values[0] == exact.p_values[0] == 2 ** (1 - queries)


def test_comparisons_are_tested_each_by_itself() -> None:
    first, second = table(3, 20, 0.1, 0.2, 0.2), table(3, 20, 0, 0.1, 0.3, shift=0.1)
    both = crossed_test(np.concatenate([first, second], axis=2), 0.95)
    for column, alone in enumerate((first, second)):
        told = crossed_test(alone, 0.95)
        assert both.p_values[column] == pytest.approx(told.p_values[0])
        assert both.low[column] == pytest.approx(told.low[0])


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.005, 0.02, 0.05])
def test_with_the_bootstrap_false_alarms_stay_rare_however_far_seeds_lie_apart(
    spread: float,
) -> None:
    generator = np.random.default_rng(7)
    trials = 1000
    values_SQC = (
        generator.normal(0, spread, (3, 1, trials))
        + generator.normal(0, 0.1, (1, 1000, trials))
        + generator.normal(0, 0.2, (3, 1000, trials))
    )
    seeds, queries = np.random.default_rng(1), np.random.default_rng(2)
    bootstrap = seeded_bootstrap(values_SQC, 400, 0.95, seeds, queries).p_values
    p_values = np.maximum(bootstrap, crossed_test(values_SQC, 0.95).p_values)
    assert (p_values < 0.05).mean() < 0.1
