"""Attention written out: the fused form's values, in float32 and in bfloat16, and its gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from trisampler.encoders.encoder import Encoder
from trisampler.training.attention import attend, fast_attention

_CPU = torch.device("cpu")


@pytest.fixture
def ids_and_mask() -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(5, 200, (3, 9), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    return ids, mask


def test_it_gives_the_same_vectors(
    load_tiny: Callable[[], Encoder], ids_and_mask: tuple[torch.Tensor, torch.Tensor]
) -> None:
    tower = load_tiny().tower("document")
    own = tower.backbone.config._attn_implementation
    with torch.no_grad():
        fused = tower(*ids_and_mask)
        with fast_attention(tower, 9, _CPU, torch.bfloat16):
            assert tower.backbone.config._attn_implementation != "sdpa"
            written_out = tower(*ids_and_mask)
    assert tower.backbone.config._attn_implementation == own == "sdpa"
    torch.testing.assert_close(written_out, fused, rtol=1e-5, atol=1e-6)


def test_it_gives_the_same_gradients(
    load_tiny: Callable[[], Encoder], ids_and_mask: tuple[torch.Tensor, torch.Tensor]
) -> None:
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):  # which decides the way, not the precision here
        tower = load_tiny().tower("document")
        with fast_attention(tower, 9, _CPU, dtype):
            tower(*ids_and_mask)[:, 0].sum().backward()
        gradients.append([each.grad for each in tower.parameters() if each.grad is not None])
    for written_out, fused in zip(*reversed(gradients), strict=True):
        torch.testing.assert_close(written_out, fused, rtol=1e-4, atol=1e-6)


def test_in_bfloat16_it_errs_no_more_than_rounding_does() -> None:
    generator = torch.Generator().manual_seed(1)
    parts = [torch.randn(2, 3, 7, 8, generator=generator) for _ in range(3)]
    mask = torch.zeros(2, 1, 7, 7)
    mask[1, :, :, 4:] = torch.finfo(torch.float32).min
    q, k, v = (part.double() for part in parts)
    weights = torch.softmax(q @ k.transpose(2, 3) * 0.3 + mask.double(), dim=-1)
    wanted = (weights @ v).transpose(1, 2)
    rounded = [part.bfloat16() for part in parts]
    found, _ = attend(nn.Identity(), *rounded, mask, scaling=0.3)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=4 * 2.0**-8)


def test_dropout_falls_on_the_weights_while_training() -> None:
    generator = torch.Generator().manual_seed(1)
    parts = [torch.randn(2, 3, 7, 8, generator=generator) for _ in range(3)]
    module = nn.Identity().eval()
    whole, _ = attend(module, *parts, None, scaling=0.3, dropout=0.5)
    assert torch.equal(whole, attend(module, *parts, None, scaling=0.3)[0])
    torch.manual_seed(0)
    dropped, _ = attend(module.train(), *parts, None, scaling=0.3, dropout=0.5)
    assert not torch.allclose(dropped, whole)


@pytest.mark.parametrize(("tokens", "dtype"), [(512, torch.bfloat16), (9, torch.float32)])
def test_fused_attention_where_it_is_the_faster(
    load_tiny: Callable[[], Encoder], tokens: int, dtype: torch.dtype
) -> None:
    tower = load_tiny().tower("query")
    with fast_attention(tower, tokens, _CPU, dtype):
        assert tower.backbone.config._attn_implementation == "sdpa"


def test_a_model_of_another_kind_keeps_transformers_own(load_tiny: Callable[[], Encoder]) -> None:
    tower = load_tiny().tower("query")
    tower.backbone.config.model_type = "of another kind"
    with fast_attention(tower, 9, _CPU, torch.bfloat16):
        assert tower.backbone.config._attn_implementation == "eager"
