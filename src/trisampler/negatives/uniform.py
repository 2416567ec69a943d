"""Uniform documents from the whole corpus, without ever looking at all of it.

Each pair has its own endless sequence of uniform proposals, a function of its key. Passing over
what is excluded or was already proposed makes the rest a uniform draw without replacement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trisampler.negatives.arrays import Float64, Int64, UInt64
from trisampler.negatives.lists import find_sorted, repeated
from trisampler.negatives.noise import mix, uniforms


@dataclass(frozen=True)
class UniformDocuments:
    """Uniform draws from a corpus whose identical texts count as one document each time.

    Attributes:
        classes_N: for each document the first row that has the same text.
        digests_N: the documents' id digests.
    """

    classes_N: Int64
    digests_N: UInt64

    @cached_property
    def _class_sizes_N(self) -> Int64:
        return np.bincount(self.classes_N)

    def draw(
        self, keys_P: UInt64, excluded_keys_X: Int64, owners_P: Int64, count: int
    ) -> tuple[Int64, Float64]:
        """`count` documents per pair, in random order, each text once.

        Args:
            keys_P: noise keys; equal keys give equal draws.
            excluded_keys_X: sorted owner * N + class of what the owner must not get.
            owners_P: whose exclusions apply to each pair.
            count: how many to draw.

        Returns:
            rows (P, count), -1 where the corpus has no more, and the log-probability of each given
            the earlier ones of its pair (0 where there is none).
        """
        total = len(self.classes_N)
        proposals = min(2 * count + 16, max(4 * total, 1))
        steps_T = np.arange(1, proposals + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
        rows_PT = (mix(keys_P[:, None] + steps_T) % np.uint64(total)).astype(np.int64)
        classes_PT = self.classes_N[rows_PT]
        excluded_PT, _ = find_sorted(owners_P[:, None] * total + classes_PT, excluded_keys_X)
        accepted_PT = ~excluded_PT & ~repeated(classes_PT)
        order_PT = np.argsort(~accepted_PT, axis=1, kind="stable")[:, :count]
        rows_PC = np.full((len(keys_P), count), -1, dtype=np.int64)
        width = order_PT.shape[1]
        rows_PC[:, :width] = np.where(
            np.take_along_axis(accepted_PT, order_PT, axis=1),
            np.take_along_axis(rows_PT, order_PT, axis=1),
            -1,
        )
        for pair in np.flatnonzero((rows_PC < 0).any(axis=1)):
            owner = int(owners_P[pair])
            excluded_classes = _classes_of(owner, total, excluded_keys_X)
            rows_PC[pair] = self._complete(rows_PC[pair], keys_P[pair : pair + 1], excluded_classes)
        return rows_PC, self._log_probabilities(rows_PC, excluded_keys_X, owners_P)

    def _complete(self, rows_C: Int64, key: UInt64, excluded_classes: Int64) -> Int64:
        """Fill the rest of one pair's draw from all that is left, in a random order.

        Where the proposals ran out, the corpus is small or nearly all of it is excluded.
        """
        given = rows_C[rows_C >= 0]
        order_N = np.argsort(uniforms(mix(key), self.digests_N), kind="stable")
        gone = np.union1d(excluded_classes, self.classes_N[given])
        left = order_N[~np.isin(self.classes_N[order_N], gone)]
        _, firsts = np.unique(self.classes_N[left], return_index=True)
        more = left[np.sort(firsts)][: len(rows_C) - len(given)]
        return np.concatenate([given, more, np.full(len(rows_C) - len(given) - len(more), -1)])

    def _log_probabilities(
        self, rows_PC: Int64, excluded_keys_X: Int64, owners_P: Int64
    ) -> Float64:
        """-log of how many documents could have been drawn each time."""
        total = len(self.classes_N)
        sizes_N = self._class_sizes_N
        owner_of_X, class_of_X = np.divmod(excluded_keys_X, total)
        starts_P = np.searchsorted(owner_of_X, owners_P)
        ends_P = np.searchsorted(owner_of_X, owners_P, side="right")
        running = np.concatenate([[0], np.cumsum(sizes_N[class_of_X])])
        eligible_P = total - (running[ends_P] - running[starts_P])
        taken_PC = np.where(rows_PC >= 0, sizes_N[self.classes_N[rows_PC]], 0)
        left_PC = eligible_P[:, None] - np.cumsum(taken_PC, axis=1) + taken_PC
        return np.where(rows_PC >= 0, -np.log(np.maximum(left_PC, 1)), 0.0)


def _classes_of(owner: int, total: int, keys_X: Int64) -> Int64:
    start, end = np.searchsorted(keys_X, [owner * total, (owner + 1) * total])
    return keys_X[start:end] - owner * total
