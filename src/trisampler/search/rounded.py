"""A block of vectors rounded to bfloat16, in tiles that multiply fast.

Each tile has vectors from all over the block, so that documents which stand together because they
are alike do not all come at once.

Shapes: N rows of the block, T rows of a tile, D dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trisampler.search.arrays import Float32, Float64
from trisampler.search.lengths import vector_norms
from trisampler.threads import in_threads

if TYPE_CHECKING:
    import torch

ONES = 2
"""How many ones stand behind each document: a product takes in as many numbers of the query's."""

_TILE = 2048


@dataclass(frozen=True)
class RoundedTile:
    """Some rows of a block.

    Attributes:
        vectors_TE: bfloat16 (T, D + ONES), ones behind each vector.
        first: the row of the first one, within the block.
        step: from a vector's row to the next one's.
    """

    vectors_TE: torch.Tensor
    first: int
    step: int


@dataclass(frozen=True)
class RoundedBlock:
    """All rows of a block.

    Attributes:
        tiles: they hold each row once; none is larger than the first.
        residual: at least the length of what rounding took from any of the vectors.
    """

    tiles: Sequence[RoundedTile]
    residual: float

    @property
    def tile_rows(self) -> int:
        """Rows of the largest tile."""
        return len(self.tiles[0].vectors_TE)


def round_block(vectors_ND: Float32) -> RoundedBlock:
    """The vectors rounded, and by how much."""
    import torch

    rows, dimension = vectors_ND.shape
    count = math.ceil(rows / _TILE)
    # One piece of memory: many small ones would leave gaps.
    all_NE = torch.empty((rows, dimension + ONES), dtype=torch.bfloat16)
    firsts = np.cumsum([0, *(len(range(first, rows, count)) for first in range(count))])

    def round_tile(first: int) -> tuple[RoundedTile, float]:
        tile_TE = all_NE[firsts[first] : firsts[first + 1]]
        tile_TE[:, -ONES:] = 1
        tile_TE[:, :-ONES], residuals_T = round_vectors(vectors_ND[first::count])
        return RoundedTile(tile_TE, first, count), float(residuals_T.max())

    tiles, residuals = zip(*in_threads(round_tile, range(count)), strict=True)
    return RoundedBlock(tiles, max(residuals))


def round_vectors(vectors_ND: Float32) -> tuple[torch.Tensor, Float64]:
    """The vectors in bfloat16, and at least the lengths of what rounding took from them."""
    import torch

    rounded_ND = torch.from_numpy(vectors_ND).bfloat16()
    # The difference of a number and its rounding is exact in float32.
    back_ND = rounded_ND.float().numpy()
    return rounded_ND, vector_norms(np.subtract(vectors_ND, back_ND, out=back_ND))
