"""Batches hold every text once, within the budget, and are made ahead without losing errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.token_batches import TokenBatch, made_ahead, token_batches


def one_id_a_character(texts: list[str]) -> list[list[int]]:
    return [[ord(character) for character in text] for text in texts]


@settings(deadline=None, max_examples=100)
@given(texts=st.lists(st.text(max_size=12), max_size=40), budget=st.integers(1, 60))
def test_every_text_is_in_one_batch_within_the_budget(texts: list[str], budget: int) -> None:
    batches = list(
        token_batches(texts, one_id_a_character, padding_id=-1, batch_tokens=budget, most_tokens=12)
    )
    seen: dict[int, str] = {}
    for batch in batches:
        size = batch.input_ids_BL.size
        assert size <= budget or len(batch.rows_B) == 1
        assert ((batch.input_ids_BL == -1) == (batch.attention_mask_BL == 0)).all()
        for row, ids_L, mask_L in zip(
            batch.rows_B, batch.input_ids_BL, batch.attention_mask_BL, strict=True
        ):
            assert int(row) not in seen
            seen[int(row)] = "".join(chr(value) for value in ids_L[mask_L == 1])
    assert [seen[row] for row in range(len(texts))] == texts


def test_long_texts_come_first() -> None:
    texts = ["a" * (n * 7 % 50) for n in range(1500)]
    batches = token_batches(
        texts, one_id_a_character, padding_id=0, batch_tokens=500, most_tokens=49
    )
    widths = [batch.input_ids_BL.shape[1] for batch in batches]
    assert widths == sorted(widths, reverse=True)
    assert set(widths) == {1, 8, 16, 24, 32, 40, 48, 49}


def batches_then(error: BaseException | None, count: int) -> Iterator[TokenBatch]:
    for number in range(count):
        yield TokenBatch(np.array([number]), np.zeros((1, 1)), np.ones((1, 1)))
    if error is not None:
        raise error


def test_made_ahead_keeps_order_and_count() -> None:
    rows = [int(batch.rows_B[0]) for batch in made_ahead(batches_then(None, 100))]
    assert rows == list(range(100))


def test_made_ahead_raises_what_the_thread_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(made_ahead(batches_then(ZeroDivisionError(), 3)))


def test_leaving_early_stops_the_thread() -> None:
    before = threading.active_count()
    batches = made_ahead(batches_then(None, 10_000))
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
