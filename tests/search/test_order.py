"""The order of results, packed into integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.search.order import FILLER, best_keys, order_keys, rank, rows_of, scores_of

scores = st.floats(width=32, allow_nan=False)
results = st.lists(st.tuples(scores, st.integers(0, 2**31 - 1)), min_size=1, max_size=30)


def keys_of(pairs: list[tuple[float, int]]) -> np.ndarray:
    return order_keys(
        np.array([score for score, _ in pairs], dtype=np.float32),
        np.array([row for _, row in pairs], dtype=np.int64),
    )


@settings(deadline=None)
@given(results)
def test_keys_sort_as_score_then_row_do(pairs: list[tuple[float, int]]) -> None:
    keys = keys_of(pairs)
    by_key = [pairs[place] for place in np.argsort(-keys, kind="stable")]
    assert by_key == sorted(pairs, reverse=True)


@settings(deadline=None)
@given(results)
def test_keys_give_back_what_was_packed(pairs: list[tuple[float, int]]) -> None:
    keys = keys_of(pairs)
    assert scores_of(keys).tolist() == [score for score, _ in pairs]
    assert rows_of(keys).tolist() == [row for _, row in pairs]
    assert (keys > FILLER).all()


def test_negative_zero_ties_with_zero() -> None:
    keys = order_keys(np.array([0.0, -0.0], dtype=np.float32), np.array([1, 2]))
    assert keys[1] > keys[0]


@settings(deadline=None)
@given(results, st.integers(1, 40))
def test_best_keys_are_the_head_of_the_sorted_list(
    pairs: list[tuple[float, int]], depth: int
) -> None:
    keys = keys_of(pairs)
    assert best_keys(keys[None], depth)[0].tolist() == sorted(keys.tolist(), reverse=True)[:depth]


def test_rank_puts_missing_rows_last() -> None:
    rows = np.array([[-1, 4, 7, -1, 2]])
    keys = rank(rows, np.array([[9.0, 1.0, 3.0, 9.0, -5.0]], dtype=np.float32), 4)
    assert rows_of(keys)[0, :3].tolist() == [7, 4, 2]
    assert keys[0, 3] == FILLER
