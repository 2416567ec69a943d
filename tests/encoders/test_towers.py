"""Pooling against a naive float64 loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.settings import Pooling
from trisampler.encoders.towers import Tower, pool


def naive_pool(hidden_BLD: np.ndarray, mask_BL: np.ndarray, pooling: Pooling) -> np.ndarray:
    rows = []
    for hidden_LD, mask_L in zip(hidden_BLD.astype(np.float64), mask_BL, strict=True):
        tokens = [vector for vector, kept in zip(hidden_LD, mask_L, strict=True) if kept]
        rows.append(tokens[0] if pooling == "cls" else sum(tokens) / len(tokens))
    return np.array(rows)


@settings(deadline=None, max_examples=50)
@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=5),
    pooling=st.sampled_from(["mean", "cls"]),
    left=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_pool_is_the_naive_mean_or_first_token(
    lengths: list[int], pooling: Pooling, left: bool, seed: int
) -> None:
    widest = max(lengths)
    hidden_BLD = np.random.default_rng(seed).normal(size=(len(lengths), widest, 3))
    mask_BL = np.zeros((len(lengths), widest), dtype=np.int64)
    for row, length in enumerate(lengths):
        mask_BL[row, widest - length if left else 0 :][:length] = 1
    found_BD = pool(torch.tensor(hidden_BLD).float(), torch.tensor(mask_BL), pooling)
    np.testing.assert_allclose(found_BD, naive_pool(hidden_BLD, mask_BL, pooling), atol=1e-6)


def test_low_precision_token_vectors_are_summed_in_float32() -> None:
    # 1 + 1/256 + ... in bfloat16 would stay at 1: each small term is lost.
    hidden_BLD = torch.full((1, 257, 1), 2.0**-8, dtype=torch.bfloat16)
    hidden_BLD[0, 0, 0] = 1.0
    found_BD = pool(hidden_BLD, torch.ones(1, 257, dtype=torch.int64), "mean")
    assert found_BD.dtype == torch.float32
    assert found_BD.item() == pytest.approx(2.0 / 257)


class _Fixed(torch.nn.Module):
    """A backbone that answers with the token vectors it was made with."""

    def __init__(self, hidden_BLD: torch.Tensor) -> None:
        super().__init__()
        self.hidden_BLD = hidden_BLD

    def forward(self, **_: torch.Tensor) -> object:
        return type("Output", (), {"last_hidden_state": self.hidden_BLD})


@pytest.mark.parametrize(("normalize", "expected"), [(True, [0.6, 0.8]), (False, [3.0, 4.0])])
def test_tower_scales_to_length_one_only_if_asked(normalize: bool, expected: list[float]) -> None:
    tower = Tower(_Fixed(torch.tensor([[[2.0, 4.0], [4.0, 4.0]]])), "mean", normalize)
    ones_BL = torch.ones(1, 2, dtype=torch.int64)
    np.testing.assert_allclose(tower(ones_BL, ones_BL), [expected], rtol=1e-6)
