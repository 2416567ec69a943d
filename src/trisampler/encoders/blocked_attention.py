"""Attention for bfloat16 on a CPU: block by block, and never over padding.

PyTorch's fused kernel computes it two to four times slower there: its products are too small for
the hardware's bfloat16 instructions. Plain products over as many texts of one length as fit into
the cache suit them; cutting each group to its length needs no mask.

Import this module inside functions: it loads torch.

Shapes: B texts, H heads, L tokens, E dimensions of a head.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

_NAME = "trisampler_blocked"
# Models whose every layer lets every token see every other, and hands the mask through unchanged.
EVERY_TOKEN_SEES_EVERY_OTHER = {
    "bert",
    "camembert",
    "distilbert",
    "electra",
    "roberta",
    "xlm-roberta",
}
# Scores at a time: a megabyte in bfloat16, which stays in the second-level cache.
_SCORES = 1 << 19


@contextmanager
def blocked_attention(backbone: Any) -> Iterator[None]:
    """Inside, `backbone` attends block by block, if it is of a kind that this is right for.

    Its batches must be padded on the right and need no gradient.
    """
    before = backbone.config._attn_implementation
    if backbone.config.model_type not in EVERY_TOKEN_SEES_EVERY_OTHER or before != "sdpa":
        yield
        return
    _register()
    backbone.set_attn_implementation(_NAME)
    try:
        yield
    finally:
        backbone.set_attn_implementation(before)


def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(_NAME, attend)
    AttentionMaskInterface.register(_NAME, _lengths)


def _lengths(*, attention_mask: Tensor | None = None, **_: Any) -> Tensor | None:
    """What transformers passes to `attend` as the mask: how many tokens each text has (B,)."""
    return None if attention_mask is None else attention_mask.sum(dim=1)


def attend(
    module: Any,  # noqa: ARG001  the signature is transformers'
    query_BHLE: Tensor,
    key_BHLE: Tensor,
    value_BHLE: Tensor,
    lengths_B: Tensor | None,
    *,
    scaling: float,
    **_: Any,
) -> tuple[Tensor, None]:
    """softmax(q k^T * scaling) v for each text and head, as (B, L, H, E); zero at padding."""
    texts, heads, tokens, _size = query_BHLE.shape
    lengths = [tokens] * texts if lengths_B is None else lengths_B.tolist()
    attended_BLHE = torch.zeros_like(
        query_BHLE.transpose(1, 2), memory_format=torch.contiguous_format
    )
    with torch.autocast(query_BHLE.device.type, enabled=False):
        query_BHLE = query_BHLE * scaling
        for rows, length in _blocks(lengths, heads):
            q, k, v = (part[rows, :, :length] for part in (query_BHLE, key_BHLE, value_BHLE))
            weights = torch.softmax(torch.matmul(q, k.transpose(-1, -2)), dim=-1)
            attended_BLHE[rows, :length] = torch.matmul(weights, v).transpose(1, 2)
    return attended_BLHE, None


def _blocks(lengths: list[int], heads: int) -> Iterator[tuple[slice, int]]:
    """Slices of neighbours of one length, as many as fit into the cache."""
    start = 0
    for length, group in groupby(lengths):
        stop = start + len(list(group))
        step = max(1, _SCORES // max(1, heads * length * length))
        for first in range(start, stop, step):
            yield slice(first, min(first + step, stop)), length
        start = stop
