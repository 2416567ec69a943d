"""Attention for bfloat16 on a CPU: block by block, and hardly over padding.

PyTorch's fused kernel computes it two to four times slower there: its products are too small for
the hardware's bfloat16 instructions. Plain products over as many texts of about one length as fit
into the cache suit them.

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
_WIDTH_STEP = 8


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
    """softmax(q k^T * scaling) v for each text and head, as (B, L, H, E); anything at padding."""
    texts, heads, tokens, _size = query_BHLE.shape
    lengths = [tokens] * texts if lengths_B is None else lengths_B.tolist()
    attended_BLHE = torch.zeros_like(
        query_BHLE.transpose(1, 2), memory_format=torch.contiguous_format
    )
    with torch.autocast(query_BHLE.device.type, enabled=False):
        query_BHLE = query_BHLE * scaling
        for rows, width in _blocks(lengths, tokens, heads):
            q, k, v = (part[rows, :, :width] for part in (query_BHLE, key_BHLE, value_BHLE))
            scores_BHLL = torch.matmul(q, k.transpose(-1, -2))
            _hide_padding(scores_BHLL, lengths[rows])
            weights_BHLL = torch.softmax(scores_BHLL, dim=-1)
            attended_BLHE[rows, :width] = torch.matmul(weights_BHLL, v).transpose(1, 2)
    return attended_BLHE, None


def _blocks(lengths: list[int], tokens: int, heads: int) -> Iterator[tuple[slice, int]]:
    """Slices of neighbours of about one length, as many as fit into the cache, and their width.

    Widths are multiples of `_WIDTH_STEP` and the last slices of a width powers of two, because
    oneDNN makes and keeps a kernel for every new shape.
    """
    start = 0
    for width, group in groupby(
        min(-(-one // _WIDTH_STEP) * _WIDTH_STEP, tokens) for one in lengths
    ):
        stop = start + len(list(group))
        most = max(1, _SCORES // max(1, heads * width * width))
        while start < stop:
            left = stop - start
            count = most if left >= most else 1 << (left.bit_length() - 1)
            yield slice(start, start + count), width
            start += count


def _hide_padding(scores_BHLL: Tensor, lengths: list[int]) -> None:
    """Let no token see what is beyond its text's length."""
    first = 0
    for length, group in groupby(lengths):
        count = len(list(group))
        scores_BHLL[first : first + count, ..., length:] = float("-inf")
        first += count
