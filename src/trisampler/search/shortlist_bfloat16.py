"""Shortlists by bfloat16 matrix products, on CPUs that compute them in hardware.

They take less than half the time of float32. What would eat up the gain is selecting among all
scores; so each query gets a threshold from a sample of the corpus, which rises as better
documents are found, and only documents above it are looked at. The threshold is subtracted within
the product, as two more dimensions: the sign bit says which documents are above, and what gets
rounded to bfloat16 is the margin over the threshold, finely where it matters.

Shapes: Q queries, D dimensions, E dimensions and those of the threshold, K results, S sampled
documents, T documents of a tile, P (query, document) pairs above their threshold.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from trisampler.search.arrays import Bool, Float64
from trisampler.search.reservoir import Reservoir
from trisampler.search.rounded import ONES, RoundedBlock, RoundedTile, round_vectors
from trisampler.search.rounding import bfloat16_error
from trisampler.search.shortlist import Shortlist, join_shortlists
from trisampler.search.vectors import SAMPLE, VectorBlock, VectorBlocks
from trisampler.threads import even_parts, in_threads

if TYPE_CHECKING:
    import torch

_QUERIES_A_TASK = 256  # their scores with a tile stay in the processor's cache


def is_worthwhile(queries: int, documents: int, depth: int) -> bool:
    """Whether the corpus is so large that sampling it for thresholds pays."""
    return queries >= 64 and documents >= 8 * SAMPLE and depth * 64 <= documents


def shortlist_by_bfloat16(queries: VectorBlock, corpus: VectorBlocks, depth: int) -> Shortlist:
    """The best rows of each query by bfloat16 inner products."""
    sample_SD = corpus.rounded_sample
    largest_residual = corpus.largest_residual()  # finds the largest norm on its way

    def make_sieve(part: slice) -> _Sieve:
        rounded_QD, residuals_Q = round_vectors(queries.vectors_ND[part])
        error_Q = bfloat16_error(
            queries.norms_N[part],
            residuals_Q,
            corpus.largest_norm(),
            largest_residual,
            corpus.dimension,
        )
        thresholds_Q = _thresholds(rounded_QD, sample_SD, depth * len(sample_SD) / corpus.count)
        return _Sieve(rounded_QD, Reservoir(thresholds_Q - 2 * error_Q, error_Q, depth))

    parts = even_parts(len(queries.norms_N), _QUERIES_A_TASK, least=64)
    sieves = in_threads(make_sieve, parts)
    for block in corpus:
        in_threads(partial(_Sieve.pour, block=block.rounded, start=block.start), sieves)
    return join_shortlists(in_threads(_Sieve.shortlist, sieves))


def _thresholds(queries_QD: torch.Tensor, sample_SD: torch.Tensor, expected: float) -> Float64:
    """For each query a score that, very likely, more than K documents reach.

    Among the sampled documents the number that belong to the K best varies about the expected
    one, K S / N, with a standard deviation of at most its root: three of them are allowed for.
    """
    rank = min(len(sample_SD), math.ceil(expected + 3 * math.sqrt(expected) + 1))
    scores_QS = (queries_QD @ sample_SD.T).float().numpy()
    scores_QS.partition(len(sample_SD) - rank, axis=1)
    return scores_QS[:, len(sample_SD) - rank].astype(np.float64)


class _Sieve:
    """Queries with their thresholds, and the documents that have passed."""

    def __init__(self, queries_QD: torch.Tensor, reservoir: Reservoir) -> None:
        import torch

        self._reservoir = reservoir
        # The product with (d, 1, 1) is the inner product less the threshold.
        self._extended_QE = torch.empty(
            (len(queries_QD), queries_QD.shape[1] + ONES), dtype=torch.bfloat16
        )
        self._extended_QE[:, :-ONES] = queries_QD
        self._extended_QE[:, -ONES:] = torch.from_numpy(-reservoir.thresholds_Q2)

    def shortlist(self) -> Shortlist:
        """What is worth scoring exactly."""
        return self._reservoir.shortlist()

    def pour(self, block: RoundedBlock, start: int) -> None:
        """Let the documents of a block pass whose first is row `start`."""
        import torch

        cells = len(self._extended_QE) * block.tile_rows
        margins, above = torch.empty(cells, dtype=torch.bfloat16), np.empty(cells, dtype=np.bool_)
        for tile in block.tiles:
            self._pour_tile(tile, start, margins, above)

    def _pour_tile(self, tile: RoundedTile, start: int, margins: torch.Tensor, above: Bool) -> None:
        import torch

        queries, width = len(self._extended_QE), len(tile.vectors_TE)
        margins, above = margins[: queries * width], above[: queries * width]
        torch.mm(self._extended_QE, tile.vectors_TE.T, out=margins.view(queries, width))
        # NumPy knows no bfloat16: its bits are the upper half of a float32's.
        bits = margins.view(torch.int16).numpy()
        above_P = np.flatnonzero(np.greater_equal(bits, 0, out=above))
        if not len(above_P):
            return
        margin_P = (bits[above_P].astype(np.int32) << 16).view(np.float32)
        query_P = above_P // width
        rows_P = (above_P - query_P * width) * tile.step + (start + tile.first)
        risen_Q = self._reservoir.add(query_P, margin_P, rows_P)
        if len(risen_Q):
            thresholds = torch.from_numpy(-self._reservoir.thresholds_Q2[risen_Q])
            self._extended_QE[torch.from_numpy(risen_Q), -ONES:] = thresholds.bfloat16()
