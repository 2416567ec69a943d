"""The error bounds hold, for sums in any order."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.search.rounding import (
    bfloat16_below,
    bfloat16_error,
    bfloat16_parts,
    float32_error,
    float64_error,
)
from trisampler.search.vectors import vector_norms


def vectors(seed: int, count: int, dimension: int) -> np.ndarray:
    """Vectors of very different lengths, with much cancellation in their products."""
    random = np.random.default_rng(seed)
    lengths = 10.0 ** random.integers(-6, 6, (count, 1))
    return (random.standard_normal((count, dimension)) * lengths).astype(np.float32)


def exact_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.array([[math.fsum(a.astype(np.float64) * b) for b in right] for a in left])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_bounds_cover_the_error(seed: int, dimension: int) -> None:
    left, right = vectors(seed, 5, dimension), vectors(seed + 1, 9, dimension)
    exact = exact_products(left, right)
    norms, other = vector_norms(left), vector_norms(right)
    in_float64 = np.abs(left.astype(np.float64) @ right.T.astype(np.float64) - exact)
    assert (in_float64 <= float64_error(norms[:, None], other, dimension)).all()
    for other_row, norm in enumerate(other):
        column = exact[:, other_row]
        in_float32 = np.abs(left @ right[other_row] - column)
        assert (in_float32 <= float32_error(norms, norm, dimension)).all()
        one_by_one = np.add.accumulate(left * right[other_row], axis=1)[:, -1]
        assert (np.abs(one_by_one - column) <= float32_error(norms, norm, dimension)).all()
        halves = [torch.from_numpy(each).bfloat16().float() for each in (left, right[other_row])]
        rounded = (halves[0] @ halves[1]).numpy()
        residuals, residual = (
            vector_norms(each - half.numpy())
            for each, half in zip((left, right[other_row][None]), halves, strict=True)
        )
        bound = bfloat16_error(norms, residuals, norm, float(residual[0]), dimension)
        assert (np.abs(rounded - column) <= bound).all()


@settings(deadline=None)
@given(st.lists(st.floats(-1e30, 1e30, allow_nan=False), min_size=1, max_size=20))
def test_bfloat16_below_is_the_next_below(numbers: list[float]) -> None:
    given_numbers = np.array(numbers)
    below = bfloat16_below(given_numbers)
    assert (below <= given_numbers).all()
    # bfloat16 numbers, and within one step of it (denormal ones aside).
    assert (torch.from_numpy(below).bfloat16().double().numpy() == below).all()
    assert (given_numbers - below <= np.abs(given_numbers) * 2.0**-7 + 1e-37).all()


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(-1e30, 1e30, allow_nan=False),
            # A hair below and above numbers that bfloat16 has.
            st.tuples(st.sampled_from([1.0, -1.5, 0.0]), st.floats(-1e-9, 1e-9)).map(sum),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_bfloat16_parts_are_just_below(numbers: list[float]) -> None:
    given_numbers = np.array(numbers)
    coarse, fine = bfloat16_parts(given_numbers)
    for part in (coarse, fine):
        assert (torch.from_numpy(part).bfloat16().double().numpy() == part).all()
    assert (coarse <= given_numbers).all()
    assert (coarse + fine <= given_numbers).all()
    assert (given_numbers - (coarse + fine) <= np.abs(given_numbers) * 2.0**-14 + 1e-37).all()


@pytest.mark.parametrize("rounded_side", ["query", "document"])
def test_bound_covers_errors_that_all_add_up(rounded_side: str) -> None:
    """All of one side is rounded down as far as can be; the other side points the same way."""
    dimension = 64
    exact, halfway = np.ones((1, dimension)), np.full((1, dimension), 1 + 2.0**-8)
    left, right = (halfway, exact) if rounded_side == "query" else (exact, halfway)
    sides = [torch.from_numpy(each.astype(np.float32)) for each in (left, right)]
    rounded = [each.bfloat16().float() for each in sides]
    error = abs(float((rounded[0] @ rounded[1].T).item()) - float((left @ right.T).item()))
    assert error == dimension * 2.0**-8
    norms, residuals = (
        [vector_norms(each.numpy()) for each in group]
        for group in (sides, [a - b for a, b in zip(sides, rounded, strict=True)])
    )
    bound = bfloat16_error(norms[0], residuals[0], norms[1][0], residuals[1][0], dimension)
    assert error <= bound[0] <= 1.05 * error


def test_residuals_bound_the_error_more_tightly_than_roundoff() -> None:
    random = np.random.default_rng(0)
    left, right = random.standard_normal((2, 50, 384)).astype(np.float32)
    norms, others = vector_norms(left), vector_norms(right)
    residuals, other_residuals = (
        vector_norms(each - torch.from_numpy(each).bfloat16().float().numpy())
        for each in (left, right)
    )
    bound = bfloat16_error(norms, residuals, others.max(), other_residuals.max(), 384)
    assert (bound < norms * others.max() * 2.0**-7 * 0.5).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e15])
def test_norms_are_never_too_small(scale: float) -> None:
    sample = (np.random.default_rng(3).standard_normal((50, 33)) * scale).astype(np.float32)
    sample[7] = 0
    exact = np.sqrt((sample.astype(np.float64) ** 2).sum(axis=1))
    norms = vector_norms(sample)
    assert (norms >= exact).all()
    assert norms[7] == 0
    assert (norms <= exact * 1.001 + 1e-17).all()
