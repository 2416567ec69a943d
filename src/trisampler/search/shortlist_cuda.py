"""Shortlists by matrix products on a GPU, for FAISS from PyPI has none.

Shapes: Q queries, K results, W columns of the shortlist, T documents of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from trisampler.search.order import best_keys, order_keys
from trisampler.search.rounding import float32_error
from trisampler.search.shortlist import Shortlist, Shortlister, cut_shortlist
from trisampler.search.shortlist_faiss import SLACK
from trisampler.search.vectors import VectorBlock, VectorBlocks

if TYPE_CHECKING:
    import torch

_SCORES_AT_ONCE = 1 << 28  # 1 GiB of float32


def shortlister_on(device: torch.device) -> Shortlister:
    """A shortlister that computes in float32 on `device`."""

    def shortlist(queries: VectorBlock, corpus: VectorBlocks, depth: int) -> Shortlist:
        width = min(depth + SLACK, corpus.count)
        with _full_float32():
            scores_QW, rows_QW = _best_by_matrix_product(queries, corpus, width, device)
        keys_QW = best_keys(order_keys(scores_QW, rows_QW), width)
        error_Q = float32_error(queries.norms_N, corpus.largest_norm(), corpus.dimension)
        return cut_shortlist(keys_QW, depth, error_Q, exhaustive=width == corpus.count)

    return shortlist


def _best_by_matrix_product(
    queries: VectorBlock, corpus: VectorBlocks, width: int, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    import torch

    queries_QD = torch.tensor(queries.vectors_ND, device=device)
    scores_QW = torch.empty((len(queries_QD), 0), device=device)
    rows_QW = torch.empty((len(queries_QD), 0), dtype=torch.int64, device=device)
    tile_rows = max(1, _SCORES_AT_ONCE // len(queries_QD))
    for block in corpus:
        for first in range(0, len(block.vectors_ND), tile_rows):
            tile_TD = torch.tensor(block.vectors_ND[first : first + tile_rows], device=device)
            product_QT = queries_QD @ tile_TD.T
            best_QW, column_QW = product_QT.topk(min(width, len(tile_TD)), dim=1, sorted=False)
            scores_QW = torch.cat([scores_QW, best_QW], dim=1)
            rows_QW = torch.cat([rows_QW, column_QW + (block.start + first)], dim=1)
            if scores_QW.shape[1] > width:
                scores_QW, kept_QW = scores_QW.topk(width, dim=1, sorted=False)
                rows_QW = rows_QW.gather(1, kept_QW)
    return scores_QW.cpu().numpy(), rows_QW.cpu().numpy()


@contextmanager
def _full_float32() -> Iterator[None]:
    """Products of float32 in float32: TensorFloat32 would break the error bound."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
