"""Ragged lists of scored documents, and looking things up in sorted keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trisampler.negatives.arrays import Bool, Float32, Int32, Int64


class Padded(NamedTuple):
    """Lists side by side: rows -1, ranks 0 and scores 0 where a list has ended.

    Scores are 0 throughout where the lists have none.
    """

    rows_PK: Int64
    ranks_PK: Int32
    scores_PK: Float32


@dataclass(frozen=True)
class CandidateLists:
    """One list of documents per owner, best first.

    Owners are queries (their row), or documents for the pool of neighbours.

    Attributes:
        starts: where each owner's list starts, and the last one's end: one longer than the owners.
        rows_X: documents' rows; -1 is a filler and never used.
        ranks_X: from 1.
        scores_X: as the search gave them; None where no search made the lists.
        first: the owner whose list is the first here.
    """

    starts: Int64
    rows_X: Int64
    ranks_X: Int32
    scores_X: Float32 | None
    first: int = 0

    @classmethod
    def from_matrix(cls, rows_QK: Int64, scores_QK: Float32, first: int = 0) -> CandidateLists:
        """Lists of equal length, owners numbered from `first`; ranks are 1 to K."""
        owners, length = rows_QK.shape
        return cls(
            starts=np.arange(owners + 1, dtype=np.int64) * length,
            rows_X=rows_QK.astype(np.int64, copy=False).ravel(),
            ranks_X=np.tile(np.arange(1, length + 1, dtype=np.int32), owners),
            scores_X=scores_QK.astype(np.float32, copy=False).ravel(),
            first=first,
        )

    @property
    def longest(self) -> int:
        """Length of the longest list."""
        return int(np.diff(self.starts).max(initial=0))

    def padded(self, owners_P: Int64, length: int) -> Padded:
        """The lists of these owners, `length` columns each; `length` is at least `longest`."""
        starts_P = self.starts[owners_P - self.first]
        ends_P = self.starts[owners_P - self.first + 1]
        entries_PK = starts_P[:, None] + np.arange(length)
        inside_PK = entries_PK < ends_P[:, None]
        if not len(self.rows_X):
            entries = inside_PK.shape
            return Padded(
                np.full(entries, -1), np.zeros(entries, np.int32), np.zeros(entries, np.float32)
            )
        if inside_PK.all():
            return Padded(
                self.rows_X[entries_PK], self.ranks_X[entries_PK], self._scores(entries_PK)
            )
        entries_PK = np.where(inside_PK, entries_PK, 0)
        return Padded(
            np.where(inside_PK, self.rows_X[entries_PK], -1),
            np.where(inside_PK, self.ranks_X[entries_PK], np.int32(0)),
            np.where(inside_PK, self._scores(entries_PK), np.float32(0)),
        )

    def _scores(self, entries_PK: Int64) -> Float32:
        if self.scores_X is None:
            return np.zeros(entries_PK.shape, np.float32)
        return self.scores_X[entries_PK]


@dataclass(frozen=True)
class KeyedScores:
    """Scores of some (query, document) pairs, found by key: query row * N + document row."""

    keys_X: Int64
    scores_X: Float32

    def among(self, low: int, high: int) -> KeyedScores:
        """The scores of the keys in [low, high)."""
        start, end = np.searchsorted(self.keys_X, [low, high])
        return KeyedScores(self.keys_X[start:end], self.scores_X[start:end])

    def find(self, keys: Int64) -> Float32:
        """The score of each key, NaN where there is none."""
        found, place = find_sorted(keys, self.keys_X)
        scores_X = self.scores_X if len(self.scores_X) else np.zeros(1, np.float32)
        return np.where(found, scores_X[place], np.float32(np.nan))


def find_sorted(values: Int64, sorted_keys_X: Int64) -> tuple[Bool, Int64]:
    """Which values are among sorted keys, and where (0 for those that are not)."""
    if not len(sorted_keys_X):
        return np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=np.int64)
    place = np.minimum(np.searchsorted(sorted_keys_X, values), len(sorted_keys_X) - 1)
    found = sorted_keys_X[place] == values
    return found, np.where(found, place, 0)


def between(sorted_keys_X: Int64, low: int, high: int) -> Int64:
    """The keys in [low, high): a few per block, so that looking up in them stays in cache."""
    start, end = np.searchsorted(sorted_keys_X, [low, high])
    return sorted_keys_X[start:end]


def repeated(values_PK: Int64) -> Bool:
    """Where a row's value (>= 0) stood already further left in that row."""
    sorted_PK = np.sort(values_PK, axis=1)
    doubles_P = ((sorted_PK[:, 1:] == sorted_PK[:, :-1]) & (sorted_PK[:, 1:] >= 0)).any(axis=1)
    result_PK = np.zeros(values_PK.shape, dtype=bool)
    some = np.flatnonzero(doubles_P)
    if some.size:
        chosen_SK = values_PK[some]
        order_SK = np.argsort(chosen_SK, axis=1, kind="stable")
        ordered_SK = np.take_along_axis(chosen_SK, order_SK, axis=1)
        again_SK = np.zeros(chosen_SK.shape, dtype=bool)
        again_SK[:, 1:] = (ordered_SK[:, 1:] == ordered_SK[:, :-1]) & (ordered_SK[:, 1:] >= 0)
        unordered_SK = np.zeros_like(again_SK)
        np.put_along_axis(unordered_SK, order_SK, again_SK, axis=1)
        result_PK[some] = unordered_SK
    return result_PK
