"""Canonical scores are a function of the two vectors alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.search.products import exact_product, score_rows
from trisampler.search.vectors import VectorBlock, vector_norms


def block(vectors: np.ndarray, start: int = 0) -> VectorBlock:
    vectors = np.asarray(vectors, dtype=np.float32)
    return VectorBlock(start, vectors, vector_norms(vectors))


def expected(queries: np.ndarray, corpus: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.array(
        [
            [math.fsum(q.astype(np.float64) * corpus[row]) if row >= 0 else 0.0 for row in listed]
            for q, listed in zip(queries, rows, strict=True)
        ]
    ).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32),
    st.integers(1, 90),
    st.sampled_from([np.float32, np.float16]),
    st.booleans(),
)
def test_scores_are_rounded_exact_products(
    seed: int, dimension: int, dtype: type[np.floating], cancelling: bool
) -> None:
    random = np.random.default_rng(seed)
    corpus = random.standard_normal((40, dimension)).astype(dtype).astype(np.float32)
    queries = random.standard_normal((130, dimension)).astype(dtype).astype(np.float32)
    if cancelling:
        # The second half undoes the first but for a little.
        corpus = np.hstack([corpus, -corpus + np.float32(1e-7) * corpus])
        queries = np.hstack([queries, queries])
    rows = random.integers(-1, 40, (130, 7))
    scores = score_rows(block(queries), [block(corpus)], rows)
    assert scores.tobytes() == expected(queries, corpus, rows).tobytes()


def test_sums_on_the_border_between_two_float32_are_decided_exactly() -> None:
    # 1 + 2^-24 is halfway from 1 to the next float32: what comes after decides.
    half, little = 2.0**-24, 2.0**-52
    corpus = np.array([[1, half, little], [1, half, -little], [1, half, 0]], dtype=np.float32)
    queries = np.ones((1, 3), dtype=np.float32)
    scores = score_rows(block(queries), [block(corpus)], np.array([[0, 1, 2]]))
    assert scores.tolist() == [[1 + 2.0**-23, 1.0, 1.0]]


def test_blocks_and_threads_change_nothing(set_threads: Callable[[int], None]) -> None:
    random = np.random.default_rng(5)
    corpus, queries = (random.standard_normal((n, 48)).astype(np.float32) for n in (900, 300))
    rows = random.integers(-1, 900, (300, 600))
    whole = score_rows(block(queries), [block(corpus)], rows)
    for threads in (1, 2, 5):
        set_threads(threads)
        blocks = [block(corpus[first : first + 250], first) for first in range(0, 900, 250)]
        assert score_rows(block(queries), blocks, rows).tobytes() == whole.tobytes()


def test_exact_product_survives_cancellation() -> None:
    left = np.array([1e15, 1.0, -1e15], dtype=np.float32)
    right = np.array([1e15, 3.0, 1e15], dtype=np.float32)
    assert exact_product(left, right) == 3.0


@pytest.mark.parametrize("seed", range(3))
def test_exact_product_is_the_rational_one(seed: int) -> None:
    left, right = np.random.default_rng(seed).standard_normal((2, 77)).astype(np.float32)
    rational = sum(
        Fraction(float(a)) * Fraction(float(b)) for a, b in zip(left, right, strict=True)
    )
    assert exact_product(left, right) == float(rational)
