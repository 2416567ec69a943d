"""How attention is computed while training.

PyTorch's fused attention is the better choice nearly everywhere. On a CPU in bfloat16 its way back
is slow: forward and backward pass of MiniLM's attention take up to ten times as long as products
and a softmax at 32 tokens, three times at 128, 1.5 times at 256, and as long at 512. There the
fused form is used again: it does not keep the weights of every pair of tokens.

Shapes: B texts, H heads, L tokens, E dimensions of a head.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from trisampler.encoders.towers import Tower

_NAME = "trisampler_written_out"
_LONGEST = 384
# Other models' layers are transformers' own, which keep weights in float32: twice as slow.
_LONGEST_OF_OTHERS = 192


@contextmanager
def fast_attention(
    tower: Tower, tokens: int, device: torch.device, dtype: torch.dtype
) -> Iterator[None]:
    """Inside, `tower` computes attention the way that trains fastest; the values are the same.

    Args:
        tower: back to its own way afterwards.
        tokens: length of the texts, padding included.
        device: where it computes.
        dtype: the precision it computes in.
    """
    import torch

    backbone = tower.backbone
    own = backbone.config._attn_implementation
    way = _written_out(backbone.config.model_type, tokens)
    slow = device.type == "cpu" and dtype == torch.bfloat16
    if own != "sdpa" or not slow or way is None:
        yield
        return
    backbone.set_attn_implementation(way)
    try:
        yield
    finally:
        backbone.set_attn_implementation(own)


def _written_out(model_type: str, tokens: int) -> str | None:
    from trisampler.encoders.blocked_attention import EVERY_TOKEN_SEES_EVERY_OTHER

    if model_type not in EVERY_TOKEN_SEES_EVERY_OTHER:
        return "eager" if tokens <= _LONGEST_OF_OTHERS else None
    if tokens > _LONGEST:
        return None
    _register()
    return _NAME


@cache
def _register() -> None:
    """Make it known to transformers: once, and not for every micro-batch."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(_NAME, attend)
    AttentionMaskInterface.register(_NAME, eager_mask)


def attend(
    module: Any,
    query_BHLE: torch.Tensor,
    key_BHLE: torch.Tensor,
    value_BHLE: torch.Tensor,
    mask_B1LL: torch.Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """softmax(q k^T * scaling + mask) v for each text and head, as (B, L, H, E).

    The softmax is computed in float32 inside and rounded to the inputs' precision, as the values
    that it weighs are.
    """
    import torch

    with torch.autocast(query_BHLE.device.type, enabled=False):
        scores_BHLL = torch.matmul(query_BHLE * scaling, key_BHLE.transpose(2, 3))
        if mask_B1LL is not None:
            scores_BHLL.add_(mask_B1LL.to(scores_BHLL.dtype))
        weights_BHLL = torch.softmax(scores_BHLL, dim=-1)
        weights_BHLL = torch.nn.functional.dropout(weights_BHLL, dropout, training=module.training)
        attended_BHLE = torch.matmul(weights_BHLL, value_BHLE)
    return attended_BHLE.transpose(1, 2).contiguous(), None
