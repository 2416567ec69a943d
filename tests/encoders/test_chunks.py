"""Chunks hold everything once, within bounds, and what is left after some is cut as before."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from trisampler.encoders.chunks import chunk_tokens, cut_in_chunks


@given(
    tokens=st.lists(st.integers(1, 50), max_size=60),
    most_rows=st.integers(1, 12),
    most_tokens=st.integers(1, 120),
    done=st.integers(0, 10),
)
def test_chunks_keep_to_their_bounds_and_go_on_as_before(
    tokens: list[int], most_rows: int, most_tokens: int, done: int
) -> None:
    rows = np.arange(len(tokens)) * 3
    chunks = cut_in_chunks(rows, tokens, most_rows=most_rows, most_tokens=most_tokens)
    assert [row for chunk in chunks for row in chunk] == rows.tolist()
    ahead = 0
    for chunk in chunks:
        size = sum(tokens[row // 3] for row in chunk)
        assert 1 <= len(chunk) <= most_rows
        assert size <= most_tokens or len(chunk) == 1
        ahead += len(chunk)
        if ahead < len(tokens):  # no chunk could have held one more
            assert len(chunk) == most_rows or size + tokens[ahead] > most_tokens
    start = sum(len(chunk) for chunk in chunks[:done])
    rest = cut_in_chunks(rows[start:], tokens[start:], most_rows=most_rows, most_tokens=most_tokens)
    assert [chunk.tolist() for chunk in rest] == [chunk.tolist() for chunk in chunks[done:]]


def test_a_model_of_ten_times_the_weights_has_a_tenth_of_the_tokens() -> None:
    def model(width: int) -> nn.Module:
        # What is looked up is not multiplied with.
        return nn.Sequential(nn.Embedding(9999, 100), nn.Linear(100, width, bias=False))

    cpu = torch.device("cpu")
    small, large = (chunk_tokens(model(width), cpu) for width in (1000, 10_000))
    assert small == pytest.approx(10 * large)
    assert chunk_tokens(nn.Embedding(3, 3), cpu) > 0
