"""Uniform documents of the corpus: uniform, distinct, and exact about their probability."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from negatives.test_draw import chi_square, count
from trisampler.negatives.lists import repeated
from trisampler.negatives.noise import digest_rows, mix
from trisampler.negatives.uniform import UniformDocuments


def documents(classes):
    classes = np.array(classes, dtype=np.int64)
    return UniformDocuments(classes, digest_rows(len(classes)))


def keys(pairs, seed=0):
    return mix(np.arange(pairs, dtype=np.uint64) + np.uint64(seed << 32))


def draw(corpus, pairs, size, excluded=(), seed=0):
    """All pairs belong to owner 0."""
    owners = np.zeros(pairs, dtype=np.int64)
    return corpus.draw(keys(pairs, seed), np.array(sorted(excluded), dtype=np.int64), owners, size)


@pytest.mark.parametrize("total", [6, 40])
def test_ordered_pairs_are_uniform_over_what_is_left(total):
    rows, _ = draw(documents(range(total)), 60_000, 2, excluded=[1, 3])
    left = [row for row in range(total) if row not in (1, 3)]
    pairs = list(itertools.permutations(left, 2))
    assert chi_square(count(rows), dict.fromkeys(pairs, 1 / len(pairs))) > 1e-3


def test_identical_texts_are_drawn_once_and_by_their_number():
    corpus = documents([0, 1, 1, 1, 4])  # rows 1, 2, 3 share a text
    rows, log_probabilities = draw(corpus, 40_000, 2)
    expected = {}
    for first, second in itertools.permutations(range(5), 2):
        if not {first, second} <= {1, 2, 3}:
            left = 2 if first in (1, 2, 3) else 4
            expected[first, second] = 1 / 5 / left
    assert sum(expected.values()) == pytest.approx(1)
    assert chi_square(count(rows), expected) > 1e-3
    stated = [expected[tuple(map(int, row))] for row in rows]
    assert np.exp(log_probabilities.sum(axis=1)) == pytest.approx(stated)


def test_excluding_nearly_everything_leaves_the_rest():
    total = 3000
    rows, log_probabilities = draw(documents(range(total)), 50, 4, excluded=range(total - 3))
    assert all(set(row[:3]) == {2997, 2998, 2999} for row in rows)
    assert (rows[:, 3] == -1).all()
    assert np.exp(log_probabilities[0]) == pytest.approx([1 / 3, 1 / 2, 1, 1])
    orders = {tuple(row[:3]) for row in rows}
    assert len(orders) == 6


def test_nothing_left():
    rows, log_probabilities = draw(documents([0, 0, 0]), 3, 2, excluded=[0])
    assert (rows == -1).all()
    assert (log_probabilities == 0).all()


def test_more_draws_continue_fewer():
    few, many = (draw(documents(range(500)), 20, size)[0] for size in (5, 60))
    assert (many[:, :5] == few).all()


def test_owners_have_their_own_exclusions():
    corpus = documents(range(50))
    owners = np.repeat([0, 1, 2], 200)
    excluded = np.array([0, 1, 50 + 2, 50 + 3])
    rows, log_probabilities = corpus.draw(keys(600), excluded, owners, 45)
    assert not np.isin(rows[owners == 0], [0, 1]).any()
    assert not np.isin(rows[owners == 1], [2, 3]).any()
    assert np.isin(rows[owners == 2], [0, 1, 2, 3]).any()
    assert -log_probabilities[::200, 0] == pytest.approx(np.log([48, 48, 50]))


def test_repeated_marks_all_but_the_first():
    values = np.array([[3, 1, 3, -1, -1, 3], [1, 2, 3, 4, 5, 6]])
    assert repeated(values).tolist() == [
        [False, False, True, False, False, True],
        [False] * 6,
    ]
