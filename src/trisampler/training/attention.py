"""How attention is computed while training.

PyTorch's fused attention is the better choice nearly everywhere. On a CPU in bfloat16 its backward
pass is slow on short texts: a MiniLM step takes 1.5 to 1.9 times as long as with attention written
out as products and a softmax up to 128 tokens, 1.1 to 1.2 times at 160 to 256. Beyond, the fused
form is faster, and it does not keep the weights of every pair of tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from trisampler.encoders.towers import Tower

_LONGEST = 192


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

    own = tower.backbone.config._attn_implementation
    slow = device.type == "cpu" and dtype == torch.bfloat16 and tokens <= _LONGEST
    if own != "sdpa" or not slow:
        yield
        return
    tower.backbone.set_attn_implementation("eager")
    try:
        yield
    finally:
        tower.backbone.set_attn_implementation(own)
