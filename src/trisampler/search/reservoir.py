"""The best documents seen so far of each query, and the threshold that further ones must reach.

Shapes: Q queries, C crowded queries, K results, W columns of the reservoir, P (query, document)
pairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trisampler.search.arrays import Bool, Float32, Float64, Int64
from trisampler.search.rounding import BFLOAT16_ROUNDOFF, bfloat16_parts
from trisampler.search.shortlist import Shortlist

# Rounding to bfloat16 takes from a margin, or adds to it, less than this part of it.
_MARGIN_ERROR = 2 * BFLOAT16_ROUNDOFF

_OUT_OF_REACH = 2.0**126


class Reservoir:
    """Documents above their query's threshold, which rises as better ones are found.

    A document comes with its margin: its score less the threshold of the moment, off by at most
    `error_Q`, then rounded to bfloat16. One is turned away only if its score is so far below K
    others that it cannot be among the K best, or if its query has no column left: that query's
    threshold is then put out of reach, and its shortlist is incomplete.

    Args:
        thresholds_Q: to begin with.
        error_Q: how far scores can be from the exact ones before margins are rounded.
        depth: K.

    Attributes:
        thresholds_Q2: each the sum of two numbers that are exact in bfloat16.
    """

    def __init__(self, thresholds_Q: Float64, error_Q: Float64, depth: int) -> None:
        self.thresholds_Q2 = _in_parts(thresholds_Q)
        self._lowest_Q = self._thresholds_Q
        self._error_Q = error_Q
        self._depth = depth
        self._crowd = 4 * depth
        shape = (len(error_Q), 5 * depth + 200)
        self._scores_QW = np.full(shape, -np.inf, dtype=np.float32)
        self._rows_QW = np.full(shape, -1, dtype=np.int32)
        self._listed_Q = np.zeros(len(error_Q), dtype=np.int64)

    def add(self, query_P: Int64, margin_P: Float32, rows_P: Int64) -> Int64:
        """List documents, sorted by query; returns the queries whose threshold may have risen."""
        width = self._rows_QW.shape[1]
        count_Q = np.bincount(query_P, minlength=len(self._listed_Q))
        first_Q = self._listed_Q - (np.cumsum(count_Q) - count_Q)
        column_P = first_Q[query_P] + np.arange(len(query_P))
        fits_P = column_P < width
        place_P = (query_P * width + column_P)[fits_P]
        scores_P = self._thresholds_Q[query_P] + margin_P
        self._scores_QW.reshape(-1)[place_P] = scores_P[fits_P]
        self._rows_QW.reshape(-1)[place_P] = rows_P[fits_P]
        self._listed_Q += count_Q
        crowded_Q = np.flatnonzero(self._listed_Q > self._crowd)
        if len(crowded_Q):
            overflowed_Q = self._listed_Q > width
            self._thin_out(crowded_Q)
            self.thresholds_Q2[overflowed_Q] = (_OUT_OF_REACH, 0.0)
        return crowded_Q

    def shortlist(self) -> Shortlist:
        """What is worth scoring exactly; see `shortlist` for the argument."""
        worthy = self._worthy(slice(None))
        complete_Q = worthy.floor_Q > self._thresholds_Q + self._error_Q
        rows_QW = _to_the_left(self._rows_QW, worthy.mask_QW, -1)
        width = int(worthy.mask_QW.sum(axis=1).max(initial=self._depth))
        return Shortlist(rows_QW[:, :width], complete_Q, worthy.floor_Q)

    @property
    def _thresholds_Q(self) -> Float64:
        return np.asarray(self.thresholds_Q2.sum(axis=1))

    def _thin_out(self, crowded_C: Int64) -> None:
        mask_CW, floor_C = self._worthy(crowded_C)
        self._scores_QW[crowded_C] = _to_the_left(self._scores_QW[crowded_C], mask_CW, -np.inf)
        self._rows_QW[crowded_C] = _to_the_left(self._rows_QW[crowded_C], mask_CW, -1)
        self._listed_Q[crowded_C] = mask_CW.sum(axis=1)
        # As far below the floor as a score can be off: all turned away from now on are below it.
        risen_C2 = _in_parts(floor_C - self._error_Q[crowded_C])
        rising_C = risen_C2.sum(axis=1) > self._thresholds_Q[crowded_C]
        self.thresholds_Q2[crowded_C[rising_C]] = risen_C2[rising_C]

    def _worthy(self, chosen_Q: Int64 | slice) -> _Worthy:
        scores_QW, error_Q = self._scores_QW[chosen_Q], self._error_Q[chosen_Q]
        # A margin was measured from the lowest threshold or a higher one, so it adds to the error
        # at most (score - lowest) * _MARGIN_ERROR.
        lowest_Q = self._lowest_Q[chosen_Q] * _MARGIN_ERROR
        last = scores_QW.shape[1] - self._depth
        last_Q = np.partition(scores_QW, last, axis=1)[:, last].astype(np.float64)
        floor_Q = last_Q * (1 - _MARGIN_ERROR) + lowest_Q - error_Q
        least_Q = (floor_Q - error_Q + lowest_Q) / (1 + _MARGIN_ERROR)
        least_Q = np.nextafter(least_Q.astype(np.float32), np.float32(-np.inf))
        empty = np.finfo(np.float32).min
        return _Worthy(scores_QW >= np.maximum(least_Q, empty)[:, None], floor_Q)


class _Worthy(NamedTuple):
    """Which columns can be among the K best, and what the K-th best exact score reaches."""

    mask_QW: Bool
    floor_Q: Float64


def _in_parts(thresholds_Q: Float64) -> Float64:
    return np.stack(bfloat16_parts(thresholds_Q), axis=1)


def _to_the_left(values_QW: npt.NDArray[Any], mask_QW: Bool, filler: float) -> npt.NDArray[Any]:
    """The values under the mask, from the first column on; fillers behind them."""
    place_P = np.flatnonzero(mask_QW)
    query_P = place_P // mask_QW.shape[1]
    count_Q = mask_QW.sum(axis=1)
    first_Q = np.cumsum(count_Q) - count_Q
    result_QW = np.full_like(values_QW, filler)
    result_QW[query_P, np.arange(len(place_P)) - first_Q[query_P]] = values_QW.reshape(-1)[place_P]
    return result_QW
