"""The best documents seen so far of each query, and the threshold that further ones must reach.

Shapes: Q queries, K results, W columns of the reservoir, P (query, document) pairs.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Bool, Float32, Float64, Int32, Int64
from trisampler.search.order import FILLER, order_keys, rows_of, scores_of
from trisampler.search.rounding import BFLOAT16_ROUNDOFF, bfloat16_below
from trisampler.search.shortlist import Shortlist

# Rounding to bfloat16 takes from a margin, or adds to it, less than this part of it.
_MARGIN_ERROR = 2 * BFLOAT16_ROUNDOFF


class Reservoir:
    """Documents above their query's threshold, which rises as better ones are found.

    A document comes with its margin: its score less the threshold of the moment, off by at most
    `error_Q`, then rounded to bfloat16. One is turned away only if its score is so far below K
    others that it cannot be among the K best, or if its query has no column left: that query's
    shortlist is then incomplete.

    Args:
        thresholds_Q: to begin with; exact in bfloat16.
        error_Q: how far scores can be from the exact ones before margins are rounded.
        depth: K.

    Attributes:
        thresholds_Q: exact in bfloat16.
    """

    def __init__(self, thresholds_Q: Float64, error_Q: Float64, depth: int) -> None:
        self.thresholds_Q = thresholds_Q.copy()
        self._lowest_Q = thresholds_Q
        self._error_Q = error_Q
        self._depth = depth
        self._crowd = 2 * depth + 100
        self._keys_QW = np.full((len(error_Q), 2 * self._crowd), FILLER, dtype=np.int64)
        self._listed_Q = np.zeros(len(error_Q), dtype=np.int64)
        self._overflowed_Q = np.zeros(len(error_Q), dtype=np.bool_)

    def add(self, query_P: Int64, margin_P: Float32, rows_P: Int64) -> Int64:
        """List documents, sorted by query; returns the queries whose threshold may have risen."""
        width = self._keys_QW.shape[1]
        count_Q = np.bincount(query_P, minlength=len(self._listed_Q))
        first_Q = self._listed_Q - (np.cumsum(count_Q) - count_Q)
        column_P = first_Q[query_P] + np.arange(len(query_P))
        fits_P = column_P < width
        scores_P = (self.thresholds_Q[query_P] + margin_P).astype(np.float32)
        keys_P = order_keys(scores_P, rows_P)
        self._keys_QW[query_P[fits_P], column_P[fits_P]] = keys_P[fits_P]
        self._overflowed_Q[query_P[~fits_P]] = True
        self._listed_Q = np.minimum(self._listed_Q + count_Q, width)
        crowded_Q = np.flatnonzero(self._listed_Q > self._crowd)
        if len(crowded_Q):
            self._thin_out(crowded_Q)
        return crowded_Q

    def shortlist(self) -> Shortlist:
        """What is worth scoring exactly; see `shortlist` for the argument."""
        keys_QW, worthy_QW, floor_Q = self._worthy(np.arange(len(self._listed_Q)))
        width = int(worthy_QW.sum(axis=1).max(initial=self._depth))
        rows_QW: Int32 = np.where(worthy_QW, rows_of(keys_QW), -1)[:, :width].astype(np.int32)
        complete_Q = (floor_Q > self.thresholds_Q + self._error_Q) & ~self._overflowed_Q
        return Shortlist(rows_QW, complete_Q, floor_Q)

    def _thin_out(self, crowded_Q: Int64) -> None:
        keys_QW, worthy_QW, floor_Q = self._worthy(crowded_Q)
        self._keys_QW[crowded_Q] = np.where(worthy_QW, keys_QW, FILLER)
        self._listed_Q[crowded_Q] = worthy_QW.sum(axis=1)
        # Twice the error below the floor: then all turned away from now on are below it.
        risen_Q = bfloat16_below(floor_Q - 2 * self._error_Q[crowded_Q])
        self.thresholds_Q[crowded_Q] = np.maximum(self.thresholds_Q[crowded_Q], risen_Q)

    def _worthy(self, chosen_Q: Int64) -> tuple[Int64, Bool, Float64]:
        """Keys in order, which of them can be among the K best, and what the K-th best reaches."""
        keys_QW = np.sort(self._keys_QW[chosen_Q], axis=1)[:, ::-1]
        filled_QW = keys_QW != FILLER
        scores_QW = np.where(filled_QW, scores_of(keys_QW), -np.inf)
        lowest_Q1, error_Q1 = self._lowest_Q[chosen_Q, None], self._error_Q[chosen_Q, None]
        # A margin was measured from the lowest threshold or a higher one.
        error_QW = np.where(filled_QW, (scores_QW - lowest_Q1) * _MARGIN_ERROR, 0.0) + error_Q1
        floor_Q = (scores_QW - error_QW)[:, self._depth - 1]
        return keys_QW, filled_QW & (scores_QW + error_QW >= floor_Q[:, None]), floor_Q
