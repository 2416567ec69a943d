"""Intervals of shares whose trials come in clusters."""

from __future__ import annotations

import numpy as np
import pytest

from trisampler.negatives.intervals import difference_interval, share_interval


def test_single_trials_give_wilsons_interval():
    """Newcombe (Statistics in Medicine, 1998), table I: 81 of 263 and 15 of 148."""
    for hits, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        part = (np.arange(trials) < hits).astype(float)
        found = share_interval(part, np.ones(trials), 0.95)
        # Wilson's variance has Q where that of a sample of queries has Q - 1.
        assert found == pytest.approx((hits / trials, low, high), abs=3e-4)


def test_none_and_all_are_counted_by_query():
    nothing = share_interval(np.zeros(20), np.full(20, 50.0), 0.95)
    assert nothing == pytest.approx((0, 0, 0.1611), abs=1e-4)  # Newcombe: 0 of 20
    everything = share_interval(np.full(20, 50.0), np.full(20, 50.0), 0.95)
    assert everything == pytest.approx((1, 0.8389, 1), abs=1e-4)


def test_one_query_says_little_and_equal_queries_all():
    alone = share_interval(np.array([30.0]), np.array([60.0]), 0.95)
    assert alone.high - alone.low > 0.8
    equal = share_interval(np.full(9, 3.0), np.full(9, 6.0), 0.95)
    assert equal == (0.5, 0.5, 0.5)


def sample(generator, queries=80, most=20):
    """Parts and wholes: chances differ from query to query, and so do numbers of trials."""
    whole = generator.integers(1, most, queries).astype(float)
    chance = generator.beta(0.4, 3.0, queries)
    return generator.binomial(whole.astype(int), chance).astype(float), chance * whole, whole


def test_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(0)
    truth = 0.4 / 3.4
    samples = [sample(generator) for _ in range(600)]
    shares = [share_interval(part, whole, 0.9) for part, _, whole in samples]
    covered = np.mean([each.low <= truth <= each.high for each in shares])
    assert covered == pytest.approx(0.9, abs=0.05)
    # Trials taken as independent would cover far less.
    whole_share = [(part.sum() / whole.sum(), whole.sum()) for part, _, whole in samples]
    naive = np.mean([abs(p - truth) < 1.645 * np.sqrt(p * (1 - p) / n) for p, n in whole_share])
    assert naive < 0.75
    differences = [difference_interval(part, other, whole, 0.9) for part, other, whole in samples]
    covered = np.mean([each.low <= 0 <= each.high for each in differences])
    assert covered == pytest.approx(0.9, abs=0.05)


def test_a_difference_is_paired_by_query():
    part, other, whole = sample(np.random.default_rng(1))
    paired = difference_interval(part, other, whole, 0.95)
    apart = [share_interval(each, whole, 0.95) for each in (part, other)]
    assert paired.value == pytest.approx(apart[0].value - apart[1].value)
    assert paired.high - paired.low < min(each.high - each.low for each in apart)
    same = difference_interval(part, part, whole, 0.95)
    assert same == (0, 0, 0)
