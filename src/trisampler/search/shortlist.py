"""Documents that can be among a query's K best, found by a faster, less exact computation.

Every approximate score s' is within a known error of the exact score s: |s' - s| <= error. If K
documents have s' >= t, the K-th best exact score is at least t - error, and a document with
s' < t - 2 error cannot be among the K best, nor tie with them. So a shortlist is complete as soon
as something that is not on it, or would not be, is below that floor; what remains is to score the
listed rows exactly. Where ties or near-ties run past the end of the list it is not complete, and
the query goes on to the next method.

Shapes: Q queries, K results, W columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trisampler.search.arrays import Bool, Float64, Int32, Int64
from trisampler.search.order import rows_of, scores_of
from trisampler.search.vectors import VectorBlock, VectorBlocks


@dataclass(frozen=True)
class Shortlist:
    """Rows worth scoring exactly.

    Attributes:
        rows_QW: int32, -1 behind the last row of a query.
        complete_Q: whether all of the K best, and all that tie with them, are listed.
        floor_Q: the K-th best exact score is at least this.
    """

    rows_QW: Int32
    complete_Q: Bool
    floor_Q: Float64


Shortlister = Callable[[VectorBlock, VectorBlocks, int], Shortlist]
"""Queries, corpus, depth (at most the rows of the corpus) -> shortlist."""


def cut_shortlist(keys_QW: Int64, depth: int, error_Q: Float64, *, exhaustive: bool) -> Shortlist:
    """The part of each query's list that can matter.

    Args:
        keys_QW: order keys of approximate scores, in order; W >= depth.
        depth: K.
        error_Q: how far the scores can be from the exact ones.
        exhaustive: whether the list has every row of the corpus.
    """
    scores_QW = scores_of(keys_QW).astype(np.float64)
    floor_Q = scores_QW[:, depth - 1] - 2 * error_Q
    worthy_QW = scores_QW >= floor_Q[:, None]
    complete_Q = np.full(len(keys_QW), True) if exhaustive else ~worthy_QW[:, -1]
    width = int(worthy_QW.sum(axis=1).max(initial=depth))
    rows_QW = np.where(worthy_QW, rows_of(keys_QW), -1)[:, :width]
    return Shortlist(rows_QW.astype(np.int32), complete_Q, floor_Q + error_Q)


def join_shortlists(parts: Sequence[Shortlist]) -> Shortlist:
    """The shortlists of some queries and of the next ones as one."""
    width = max(part.rows_QW.shape[1] for part in parts)
    rows_QW = np.full((sum(len(part.rows_QW) for part in parts), width), -1, dtype=np.int32)
    first = 0
    for part in parts:
        queries, columns = part.rows_QW.shape
        rows_QW[first : first + queries, :columns] = part.rows_QW
        first += queries
    return Shortlist(
        rows_QW,
        np.concatenate([part.complete_Q for part in parts]),
        np.concatenate([part.floor_Q for part in parts]),
    )
