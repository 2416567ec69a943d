"""The gradient of a word-embedding table, added up where a text has words and nowhere else.

PyTorch makes a gradient as large as the table for every forward pass and adds them up: for MiniLM
47 MB written, and read again, for each micro-batch, to change some thousand rows. On a CPU that is
a tenth of a step on short texts.

Legend: T tokens, U distinct tokens, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

# Smaller tables, such as those of positions, are not worth looking for the rows.
_LARGE = 1 << 20


@contextmanager
def gradients_by_row(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Inside, large embedding tables in `module` take their gradients row by row, on a CPU.

    The gradient goes straight to the table's `grad`, whatever is differentiated: it suits
    `backward`, not `torch.autograd.grad`, and hooks on the table do not see it.
    """
    tables = [each for each in module.modules() if _is_worthwhile(each)]
    if device.type != "cpu" or not torch.is_grad_enabled():
        tables = []
    for table in tables:
        table.forward = _lookup_of(table)
    try:
        yield
    finally:
        for table in tables:
            del table.forward


def _is_worthwhile(module: nn.Module) -> bool:
    return (
        type(module) is nn.Embedding
        and module.weight.requires_grad
        and module.weight.numel() >= _LARGE
        and module.max_norm is None
        and not module.scale_grad_by_freq
        and not module.sparse
    )


def _lookup_of(table: nn.Module) -> Any:
    def look_up(ids: Tensor) -> Tensor:
        vectors: Tensor = _Lookup.apply(ids, table.weight, table.padding_idx)  # type: ignore[no-untyped-call]
        return vectors

    return look_up


class _Lookup(torch.autograd.Function):
    """`nn.functional.embedding` whose way back writes to `weight.grad` itself."""

    @staticmethod
    def forward(context: Any, ids: Tensor, weight: Tensor, padding_id: int | None) -> Tensor:
        context.save_for_backward(ids)
        context.weight, context.padding_id = weight, padding_id
        return weight.detach()[ids]

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[None, None, None]:
        (ids,) = context.saved_tensors
        weight = context.weight
        words_U, places_T = ids.reshape(-1).unique(return_inverse=True)
        gradient_TD = gradients[0].reshape(len(places_T), -1)
        sums_UD = torch.ops.aten.embedding_dense_backward(
            gradient_TD, places_T, len(words_U), -1, False
        )
        if context.padding_id is not None:
            sums_UD[words_U == context.padding_id] = 0
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        weight.grad.index_add_(0, words_U, sums_UD.to(weight.dtype))
        return None, None, None
