"""Every numbered statement about the triangle, on random unit vectors, and the table's rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negatives.world import unit
from trisampler.negatives import geometry

CLEARLY = 1e-9


@st.composite
def triangles(draw):
    """q, d+, d- on the unit sphere, near each other or not."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dimension = draw(st.integers(2, 12))
    scale = draw(st.sampled_from([0.05, 0.3, 1.0, 10.0]))
    query = unit(generator.standard_normal(dimension))
    return query, *unit(query + scale * generator.standard_normal((2, dimension)))


def cosines(query, positive, negative):
    return query @ positive, query @ negative, positive @ negative


@given(triangles())
@settings(deadline=None, max_examples=300)
def test_relu_keeps_what_is_nearer_to_the_positive_than_to_the_query(triangle):
    query, positive, negative = triangle
    a, x, y = cosines(*triangle)
    assume(abs(y - x) > CLEARLY)
    nearer = np.linalg.norm(positive - negative) < np.linalg.norm(query - negative)
    assert geometry.relu_support(x, y) == nearer
    if nearer:
        assert x < geometry.leaning_cap(a)
        assert geometry.leaning_cap(a) == pytest.approx(np.cos(np.arccos(a) / 2))


@given(triangles())
@settings(deadline=None, max_examples=100)
def test_the_relus_argument_is_linear_in_the_negative(triangle):
    query, positive, negative = triangle
    _, x, y = cosines(*triangle)
    assert y - x == pytest.approx((positive - query) @ negative, abs=1e-12)


@given(triangles())
@settings(deadline=None, max_examples=300)
def test_t1_is_the_angle_at_the_query_and_its_floor_the_least_y(triangle):
    query, positive, negative = triangle
    a, x, y = cosines(*triangle)
    one, other = positive - query, negative - query
    assume(min(np.linalg.norm(one), np.linalg.norm(other)) > 1e-3)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert np.cos(geometry.t1_angle(a, x, y)) == pytest.approx(cosine, abs=1e-6)
    for angle in (geometry.SIXTY_DEGREES, 0.4, 1.4):
        assume(abs(y - geometry.t1_floor(a, x, angle)) > 1e-8)
        within = geometry.t1_angle(a, x, y) <= angle
        assert within == (y >= geometry.t1_floor(a, x, angle))


@given(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
@settings(deadline=None, max_examples=300)
def test_t1_at_sixty_degrees_against_the_relu(a, x):
    assert geometry.t1_floor(a, a) == pytest.approx(a, abs=1e-12)
    assert geometry.t1_floor(a, x) == pytest.approx(a + x - 1 + np.sqrt((1 - a) * (1 - x)))
    assume(abs(a - x) > 1e-6)
    if x < a:
        assert geometry.t1_floor(a, x) > x  # stricter than the ReLU
    else:
        assert geometry.t1_floor(a, x) < x  # looser


def test_the_isosceles_triangle_of_equal_sides_has_sixty_degrees():
    assert geometry.t1_angle(0.5, 0.5, 0.5) == pytest.approx(np.pi / 3)


@given(st.floats(0.5, 1.0), st.floats(0.5, 1.0))
@settings(deadline=None, max_examples=200)
def test_t2_never_rejects_where_both_cosines_are_at_least_one_half(a, x):
    assert geometry.t2_angle(a, x) <= geometry.SIXTY_DEGREES + 1e-12


@given(triangles())
@settings(deadline=None, max_examples=100)
def test_t2_is_the_difference_of_the_angles_to_the_query(triangle):
    a, x, _ = cosines(*triangle)
    expected = abs(
        np.degrees(np.arccos(np.clip(a, -1, 1))) - np.degrees(np.arccos(np.clip(x, -1, 1)))
    )
    assert np.degrees(geometry.t2_angle(a, x)) == pytest.approx(expected, abs=1e-9)


@given(triangles())
@settings(deadline=None, max_examples=300)
def test_y_lies_in_the_feasible_range(triangle):
    a, x, y = cosines(*triangle)
    low, high = geometry.feasible_range(a, x)
    assert low - 1e-9 <= y <= high + 1e-9


@given(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.floats(-1, 1))
@settings(deadline=None, max_examples=200)
def test_every_y_of_the_feasible_range_is_some_triangles(a, x, share):
    low, high = geometry.feasible_range(a, x)
    y = (low + high) / 2 + share * (high - low) / 2
    gram = np.array([[1, a, x], [a, 1, y], [x, y, 1]])
    assert np.linalg.eigvalsh(gram).min() > -1e-9


@pytest.mark.parametrize(
    ("a", "x", "low", "high", "relu", "t1"),
    [
        (0.8, 0.60, 0.000, 0.960, 0.600, 0.683),
        (0.8, 0.70, 0.132, 0.988, 0.700, 0.745),
        (0.8, 0.80, 0.280, 1.000, 0.800, 0.800),
        (0.8, 0.90, 0.458, 0.982, 0.900, 0.841),
        (0.6, 0.40, -0.493, 0.973, 0.400, 0.490),
        (0.6, 0.60, -0.280, 1.000, 0.600, 0.600),
        (0.6, 0.70, -0.151, 0.991, 0.700, 0.646),
    ],
)
def test_rows_of_the_table(a, x, low, high, relu, t1):
    assert geometry.feasible_range(a, x) == pytest.approx((low, high), abs=6e-4)
    assert geometry.t1_floor(a, x) == pytest.approx(t1, abs=6e-4)
    assert not geometry.relu_support(x, relu)
    assert geometry.relu_support(x, relu + 1e-6)


def test_no_angle_where_the_negative_is_the_query():
    assert np.isnan(geometry.t1_angle(0.5, 1.0, 0.5))
