"""Drawing without replacement has the distribution it claims."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from trisampler.negatives import noise as noise_module
from trisampler.negatives.draw import (
    conditional_log_probabilities,
    draw,
    effective_size,
    entropy,
    greatest,
    log_sum,
)
from trisampler.negatives.noise import digest_ids, digest_rows, gumbels, pair_keys, uniforms

WEIGHTS = np.array([0.5, 1.0, 2.0, 4.0, 0.25])


def noise(rows, columns, seed=0):
    keys = pair_keys(seed, 1, "test", digest_rows(rows), digest_rows(rows))
    return gumbels(keys[:, None], digest_ids([f"d{column}" for column in range(columns)])[None, :])


def sequence_probability(weights, sequence):
    """Plackett-Luce, by its definition."""
    probability, left = 1.0, list(range(len(weights)))
    for column in sequence:
        probability *= weights[column] / sum(weights[each] for each in left)
        left.remove(column)
    return probability


def chi_square(outcomes, expected):
    """The p-value of counted outcomes against {outcome: probability}."""
    names = list(expected)
    observed = [outcomes.get(name, 0) for name in names]
    assert sum(observed) == sum(outcomes.values()), "an impossible outcome was drawn"
    total = sum(observed)
    return stats.chisquare(observed, [total * expected[name] for name in names]).pvalue


def count(rows):
    values, counts = np.unique(rows, axis=0, return_counts=True)
    return {
        tuple(map(int, np.atleast_1d(value))): int(n)
        for value, n in zip(values, counts, strict=True)
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ordered_draws_follow_plackett_luce(seed):
    rows = 40_000
    log_weights = np.tile(np.log(WEIGHTS), (rows, 1))
    drawn = draw(log_weights, 2, noise(rows, 5, seed))
    expected = {
        pair: sequence_probability(WEIGHTS, pair) for pair in itertools.permutations(range(5), 2)
    }
    assert sum(expected.values()) == pytest.approx(1)
    assert chi_square(count(drawn.columns_PM), expected) > 1e-3


def test_first_draws_follow_the_weights_over_many_magnitudes():
    rows, log_weights = 60_000, np.array([-700.0, -701.0, -705.0, -2000.0, -np.inf])
    drawn = draw(np.tile(log_weights, (rows, 1)), 1, noise(rows, 5))
    weights = np.exp(log_weights[:3] + 700)
    expected = {(each,): weights[each] / weights.sum() for each in range(3)}
    assert chi_square(count(drawn.columns_PM[:, :1]), expected) > 1e-3


def test_conditional_log_probabilities_are_those_of_the_definition():
    generator = np.random.default_rng(0)
    log_weights = generator.normal(0, 3, (50, 6))
    log_weights[generator.random((50, 6)) < 0.3] = -np.inf
    drawn = draw(log_weights, 3, noise(50, 6))
    for row in range(50):
        weights = np.exp(log_weights[row])
        sequence = drawn.columns_PM[row][drawn.mask_PM[row]]
        for place in range(len(sequence)):
            expected = sequence_probability(weights, sequence[: place + 1])
            given = np.exp(drawn.log_probability_PM[row, : place + 1].sum())
            assert given == pytest.approx(expected, rel=1e-9)
    assert (drawn.log_probability_PM[~drawn.mask_PM] == 0).all()


def test_log_probabilities_survive_weights_that_exponentials_do_not():
    log_weights = np.array([[0.0, -800.0, -1600.0, -1601.0]])
    columns, mask = np.array([[0, 1, 2]]), np.ones((1, 3), dtype=bool)
    result = conditional_log_probabilities(log_weights, columns, mask)
    assert result[0] == pytest.approx([0, 0, -np.log1p(np.exp(-1))], abs=1e-12)


def test_rows_give_what_they_have():
    log_weights = np.array([[0.0, -np.inf, 1.0, -np.inf], [-np.inf] * 4, [0.0, 1.0, 2.0, 3.0]])
    drawn = draw(log_weights, np.array([3, 3, 1]), noise(3, 4))
    assert drawn.mask_PM.sum(axis=1).tolist() == [2, 0, 1]
    assert set(drawn.columns_PM[0, :2]) == {0, 2}


def test_no_columns_no_draws():
    drawn = draw(np.empty((3, 0)), 2, np.empty((3, 0)))
    assert drawn.mask_PM.shape == (3, 0)


def test_fewer_draws_are_a_prefix_of_more():
    log_weights = np.random.default_rng(0).normal(size=(40, 30))
    gumbel = noise(40, 30)
    many, few = draw(log_weights, 9, gumbel), draw(log_weights, 4, gumbel)
    assert (many.columns_PM[:, :4] == few.columns_PM).all()
    assert many.log_probability_PM[:, :4] == pytest.approx(few.log_probability_PM)


def test_greatest_is_sorted_and_distinct():
    values = np.random.default_rng(1).normal(size=(20, 50))
    columns, mask = greatest(values, 7)
    assert mask.all()
    assert (columns == np.argsort(-values, axis=1)[:, :7]).all()


def test_weight_statistics_against_their_definitions():
    generator = np.random.default_rng(2)
    log_weights = generator.normal(0, 2, (10, 8))
    weights = np.exp(log_weights)
    shares = weights / weights.sum(axis=1, keepdims=True)
    sizes = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    assert effective_size(log_weights) == pytest.approx(sizes)
    assert entropy(log_weights) == pytest.approx(-(shares * np.log(shares)).sum(axis=1))
    assert log_sum(log_weights) == pytest.approx(np.log(weights.sum(axis=1)))
    assert effective_size(log_weights - 5000) == pytest.approx(sizes)  # no underflow
    assert effective_size(np.zeros((1, 8))) == pytest.approx(8)
    assert entropy(np.zeros((1, 8))) == pytest.approx(np.log(8))
    nothing = np.full((1, 3), -np.inf)
    assert (effective_size(nothing), entropy(nothing), log_sum(nothing)) == (0, 0, -np.inf)


def test_uniforms_are_uniform_open_and_keyed_by_every_part():
    keys = pair_keys(0, 1, "a", digest_rows(500), digest_rows(500))
    values = uniforms(keys[:, None], digest_rows(400)[None, :])
    assert values.min() > 0
    assert values.max() < 1
    assert stats.kstest(values.ravel(), "uniform").pvalue > 1e-3
    queries, positives = digest_ids(["q"]), digest_ids(["p"])
    base = pair_keys(0, 1, "a", queries, positives)
    others = [
        pair_keys(1, 1, "a", queries, positives),
        pair_keys(0, 2, "a", queries, positives),
        pair_keys(0, 1, "b", queries, positives),
        pair_keys(0, 1, "a", positives, positives),
        pair_keys(0, 1, "a", queries, queries),
    ]
    assert all(base != other for other in others)


def test_neighbouring_rows_and_columns_are_not_correlated():
    keys = pair_keys(0, 1, "a", digest_rows(300), digest_rows(300))
    values = uniforms(keys[:, None], digest_rows(300)[None, :])
    for one, other in ((values[:-1], values[1:]), (values[:, :-1], values[:, 1:])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


@pytest.mark.parametrize("bits", [0, 2**64 - 1])
def test_extreme_bits_stay_inside_the_open_interval(monkeypatch, bits):
    monkeypatch.setattr(
        noise_module, "mix", lambda values: np.full(values.shape, bits, dtype=np.uint64)
    )
    nothing = np.zeros(1, dtype=np.uint64)
    assert 0 < uniforms(nothing, nothing)[0] < 1
    assert np.isfinite(gumbels(nothing, nothing)).all()


def test_noise_stays_what_it_is():
    """Golden values: a change here changes the negatives of every user."""
    keys = pair_keys(7, 2, "draw 0", digest_ids(["query"]), digest_ids(["positive"]))
    assert digest_ids(["query"]).tolist() == [245654452968300411]
    assert keys.tolist() == [18159584983429672835]
    assert gumbels(keys, digest_ids(["document"])).tolist() == pytest.approx([-1.5921318610713744])
