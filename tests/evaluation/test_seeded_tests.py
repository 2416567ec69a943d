"""The bootstrap over seeds and queries, against loops over plain lists."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from trisampler.evaluation import significance
from trisampler.evaluation.seeded_tests import seeded_bootstrap, widen_seeds
from trisampler.evaluation.significance import random_counts


def generators(seed: int = 0):
    return np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])


def differences(seeds: int = 3, queries: int = 40, comparisons: int = 2, shift: float = 0.0):
    generator = np.random.default_rng(seeds * 1000 + queries)
    return shift + generator.normal(0, 0.2, size=(seeds, queries, comparisons))


def by_loops(values, resamples):
    """Mean of each sample, the definition: every query of the sample under every seed of it."""
    seeds, queries = generators()
    seed_counts = np.concatenate(list(random_counts(values.shape[0], resamples, seeds)))
    query_counts = np.concatenate(list(random_counts(values.shape[1], resamples, queries)))
    means = []
    for weights_S, weights_Q in zip(seed_counts, query_counts, strict=True):
        drawn_seeds = [s for s, times in enumerate(weights_S) for _ in range(int(times))]
        drawn_queries = [q for q, times in enumerate(weights_Q) for _ in range(int(times))]
        means.append(statistics.fmean(values[s][q] for s in drawn_seeds for q in drawn_queries))
    return np.array(means)


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("shift", [0.0, 0.05, -0.2])
def test_it_is_what_loops_over_samples_give(seeds, shift):
    values = differences(seeds, 12, 2, shift)
    told = seeded_bootstrap(values, 300, 0.9, *generators())
    for column in range(2):
        means = by_loops(widen_seeds(values)[:, :, column], 300)
        low, high = np.quantile(means, [0.05, 0.95])
        assert told.low[column] == pytest.approx(low, abs=1e-12)
        assert told.high[column] == pytest.approx(high, abs=1e-12)
        beyond = min((means <= 0).sum(), (means >= 0).sum())
        assert told.p_values[column] == pytest.approx(min(1, 2 * (1 + beyond) / 301))


def test_seeds_are_widened_to_the_variance_of_their_mean():
    values = np.repeat(np.array([0.1, 0.2, 0.6])[:, None, None], 50, axis=1)
    widened = widen_seeds(values)
    # A seed drawn from the three has, of values that stand for all, their variance.
    assert widened.mean(axis=1).std() == pytest.approx(statistics.stdev([0.1, 0.2, 0.6]))
    assert widened.mean() == pytest.approx(0.3)


def test_one_seed_is_the_bootstrap_over_queries():
    values = differences(1, 30)
    told = seeded_bootstrap(values, 500, 0.95, *generators())
    low, high = significance.bootstrap_interval(values[0], 500, 0.95, generators()[1])
    np.testing.assert_allclose(told.low, low, atol=1e-12)
    np.testing.assert_allclose(told.high, high, atol=1e-12)


def test_swapping_the_sides_mirrors_everything():
    values = differences(3, 25, shift=0.03)
    there = seeded_bootstrap(values, 400, 0.95, *generators())
    back = seeded_bootstrap(-values, 400, 0.95, *generators())
    np.testing.assert_array_equal(there.p_values, back.p_values)
    np.testing.assert_allclose(there.low, -back.high, atol=1e-12)


def test_the_size_of_blocks_changes_no_bit(monkeypatch):
    values = differences(3, 40)
    whole = seeded_bootstrap(values, 301, 0.95, *generators())
    monkeypatch.setattr(significance, "_CELLS_PER_BLOCK", 170)
    parts = seeded_bootstrap(values, 301, 0.95, *generators())
    for name in ("low", "high", "p_values"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_no_difference_is_no_evidence_and_a_clear_one_is():
    nothing = seeded_bootstrap(np.zeros((3, 20, 1)), 500, 0.95, *generators())
    assert nothing.p_values[0] == 1
    clear = seeded_bootstrap(differences(3, 200, 1, shift=0.3), 500, 0.95, *generators())
    assert clear.p_values[0] == pytest.approx(2 / 501)
    assert clear.low[0] > 0.2


@pytest.mark.parametrize("queries", [1, 2, 4])
def test_few_queries_that_agree_are_no_more_than_their_signs_say(queries):
    alike = np.full((3, queries, 1), 0.4)
    assert seeded_bootstrap(alike, 500, 0.95, *generators()).p_values[0] == 2 ** (1 - queries)


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_promised():
    generator = np.random.default_rng(5)
    alarms = 0
    trials = 300
    for trial in range(trials):
        of_seeds = generator.normal(0, 0.02, size=(3, 1, 1))
        of_queries = generator.normal(0, 0.1, size=(1, 200, 1))
        values = of_seeds + of_queries + generator.normal(0, 0.2, size=(3, 200, 1))
        alarms += seeded_bootstrap(values, 500, 0.95, *generators(trial)).p_values[0] < 0.05
    assert alarms / trials < 0.08
