"""The faster kernels compute what the plain ones do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.blocked_attention import attend, blocked_attention
from trisampler.encoders.cpu_kernels import cpu_kernels
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.onednn_linear import onednn_linear, onednn_serves_linear
from trisampler.encoders.settings import EncoderSettings


def naive_attention(
    query_LE: np.ndarray, key_LE: np.ndarray, value_LE: np.ndarray, scaling: float
) -> np.ndarray:
    rows = []
    for query_E in query_LE:
        scores_L = np.array([query_E @ key_E * scaling for key_E in key_LE])
        weights_L = np.exp(scores_L - scores_L.max())
        rows.append((weights_L / weights_L.sum()) @ value_LE)
    return np.array(rows)


@settings(deadline=None, max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=9),
    heads=st.integers(1, 3),
    masked=st.booleans(),
    seed=st.integers(0, 100),
)
def test_blocked_attention_is_attention_text_by_text(
    lengths: list[int], heads: int, masked: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), heads, max(lengths), 4)
    query, key, value = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(3)
    )
    lengths_B = torch.tensor(lengths) if masked else None
    found_BLHE, _ = attend(None, query, key, value, lengths_B, scaling=0.5, dropout=0.0)
    for text, length in enumerate(lengths if masked else [max(lengths)] * len(lengths)):
        for head in range(heads):
            parts = (part[text, head, :length].numpy() for part in (query, key, value))
            expected = naive_attention(*parts, scaling=0.5)
            np.testing.assert_allclose(found_BLHE[text, :length, head], expected, atol=1e-12)
    assert torch.isfinite(found_BLHE).all()  # at padding too, whatever it is


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_linear_layers_give_the_same_and_are_put_back(dtype: torch.dtype) -> None:
    if not onednn_serves_linear():
        pytest.skip("not used on this machine")
    layers = torch.nn.Sequential(torch.nn.Linear(16, 24), torch.nn.Linear(24, 8, bias=False))
    features = torch.randn(3, 5, 16)
    with torch.inference_mode():
        expected = layers(features)
        with onednn_linear(layers, dtype):
            found = layers(features)
        assert found.dtype == dtype
        tolerance = 1e-5 if dtype == torch.float32 else 0.05
        torch.testing.assert_close(found.float(), expected, atol=tolerance, rtol=0)
        assert torch.equal(layers(features), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_tower_computes_the_same_and_is_put_back(
    tiny_encoder_folder: Path, dtype: torch.dtype
) -> None:
    encoder = Encoder.load(EncoderSettings(name=str(tiny_encoder_folder)))
    tower = encoder.tower("document")
    batch = encoder.tokenize(["one text", "another, longer text", "a third " * 20], "document")
    inputs = batch["input_ids"], batch["attention_mask"]
    attention = tower.backbone.config._attn_implementation
    with torch.inference_mode():
        expected = tower(*inputs)
        with (
            cpu_kernels(tower, tower.backbone, dtype),
            torch.autocast("cpu", dtype, dtype != torch.float32),
        ):
            found = tower(*inputs)
        torch.testing.assert_close(
            found, expected, atol=1e-5 if dtype == torch.float32 else 0.02, rtol=0
        )
        assert torch.equal(tower(*inputs), expected)
    assert tower.backbone.config._attn_implementation == attention


def test_a_kind_of_model_that_is_not_known_keeps_its_attention(tiny_encoder_folder: Path) -> None:
    backbone = Encoder.load(EncoderSettings(name=str(tiny_encoder_folder))).tower("query").backbone
    backbone.config.model_type = "another"
    with blocked_attention(backbone):
        assert backbone.config._attn_implementation == "sdpa"
