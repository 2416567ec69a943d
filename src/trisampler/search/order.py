"""The one order of results: score descending, then row descending.

Rows follow ids, so this is trec_eval's order: score descending, then document id descending.
A score and a row are packed into one 64-bit integer that sorts in this order, so that ranking and
merging are sorts of plain integers.

Shapes: Q queries, K results, W columns before the cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trisampler.search.arrays import Float32, Int32, Int64, Rows

FILLER = np.iinfo(np.int64).min
"""The key of an empty column: it sorts behind every result."""

MOST_ROWS = 2**31 - 1
"""A row must fit the lower half of a key."""


@dataclass(frozen=True)
class TopK:
    """The K best documents of each query, in the one order.

    Attributes:
        rows_QK: int32, rows of the corpus; never a filler.
        scores_QK: float32 inner products.
    """

    rows_QK: Int32
    scores_QK: Float32


def order_keys(scores: Float32, rows: Rows) -> Int64:
    """Keys that are greater where the result comes earlier; of any shape.

    The bits of a float32 grow with its value, read as an integer, once those below the sign of
    negative numbers are flipped. -0.0 is made 0.0, which it equals.
    """
    bits = (np.asarray(scores, dtype=np.float32) + np.float32(0)).view(np.int32)
    rising = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (rising.astype(np.int64) << 32) | rows.astype(np.int64)


def rank(rows_QW: Rows, scores_QW: Float32, depth: int) -> Int64:
    """Keys (Q, min(depth, W)) of the best of the given rows, -1 standing for none, in order."""
    keys_QW = np.where(rows_QW < 0, FILLER, order_keys(scores_QW, rows_QW))
    return best_keys(keys_QW, depth)


def rows_of(keys: Int64) -> Int32:
    """The rows packed into keys."""
    return (keys & MOST_ROWS).astype(np.int32)


def scores_of(keys: Int64) -> Float32:
    """The scores packed into keys."""
    rising = (keys >> 32).astype(np.int32)
    return (rising ^ ((rising >> 31) & 0x7FFFFFFF)).view(np.float32)


def best_keys(keys_QW: Int64, depth: int) -> Int64:
    """The `depth` first results of each query in order, or all W where there are fewer."""
    surplus = keys_QW.shape[1] - depth
    if surplus > 0:
        keys_QW = np.partition(keys_QW, surplus, axis=1)[:, surplus:]
    return np.sort(keys_QW, axis=1)[:, ::-1]
