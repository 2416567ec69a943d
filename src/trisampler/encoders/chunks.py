"""Cutting work into chunks: what is committed at once, and so what a crash can cost.

A chunk is bounded by the multiplications it takes, since 4,096 documents are seconds to a small
model on a GPU and an hour to a large one on a CPU. Seconds themselves would cut differently each
time; what is written must not depend on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import nn

# Products of a weight and a token in a chunk: about a minute for two cores.
_CHUNK_PRODUCTS = {"cpu": 4e12}
_CHUNK_PRODUCTS_ELSEWHERE = 4e15
# English has more characters a token, code fewer.
_CHARACTERS_A_TOKEN = 4


def chunk_tokens(module: nn.Module, device: torch.device) -> int:
    """How many tokens the model `module` is given in a chunk on `device`, about a minute's work."""
    from torch import nn

    looked_up = {id(one.weight) for one in module.modules() if isinstance(one, nn.Embedding)}
    weights = sum(one.numel() for one in module.parameters() if id(one) not in looked_up)
    products = _CHUNK_PRODUCTS.get(device.type, _CHUNK_PRODUCTS_ELSEWHERE)
    return int(products / max(1, weights))


def likely_tokens(characters: int, most: int) -> int:
    """About how many tokens a text has that is cut to `most`; at least 1."""
    return min(1 + characters // _CHARACTERS_A_TOKEN, most)


def cut_in_chunks(
    rows_N: np.ndarray, tokens_N: Sequence[int], *, most_rows: int, most_tokens: int
) -> list[np.ndarray]:
    """Neighbours among `rows_N` together, as many as fit into a chunk; one that alone does not.

    What is left after some chunks is cut as it was with them.

    Args:
        rows_N: what to cut.
        tokens_N: how many each of them has.
        most_rows: in a chunk.
        most_tokens: in a chunk.
    """
    cuts, rows, tokens = [], 0, 0
    for number, more in enumerate(tokens_N):
        if rows and (rows == most_rows or tokens + more > most_tokens):
            cuts.append(number)
            rows = tokens = 0
        rows, tokens = rows + 1, tokens + more
    return np.split(rows_N, cuts) if len(rows_N) else []
