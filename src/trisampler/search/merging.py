"""Search by shards: what each part of a corpus has of a query's best, merged into one result.

A document that is among the K best of the corpus is among the K best of its shard. Scores are
canonical and the order is total, so the merged result is the same to the last bit as that of one
search, whatever the shards and the order in which they come.

Shapes: Q queries, K results, W columns before the cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trisampler.search.arrays import Int64
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.inputs import DEFAULT_MEMORY, SearchMemory
from trisampler.search.order import TopK, best_keys, order_keys, rows_of, scores_of
from trisampler.search.vectors import ConsecutiveVectors, Vectors


@dataclass(frozen=True)
class ShardTopK:
    """What a search found in one shard of a corpus.

    Attributes:
        first: the corpus's row that is the shard's row 0.
        found: rows of the shard and scores (Q, min(K, rows of the shard)).
    """

    first: int
    found: TopK


def merge(parts: Iterable[ShardTopK], depth: int) -> TopK:
    """The best of all shards.

    Parts are taken one by one and forgotten, so that besides the result no more than two of them
    are held.

    Args:
        parts: one of each shard, in any order, each searched `depth` deep for the same queries.
        depth: K.

    Returns:
        min(K, rows of all shards) rows of the corpus and scores of each query, in the one order.

    Raises:
        SearchError: no part, parts of different numbers of queries, or shards that overlap.
    """
    keys_QK: Int64 | None = None
    for part in parts:
        fresh_QW = _keys(part)
        if keys_QK is None:
            keys_QK = fresh_QW[:, :depth]
            continue
        if len(fresh_QW) != len(keys_QK):
            raise SearchError(
                f"A shard has results of {len(fresh_QW)} queries and another of {len(keys_QK)}: "
                "search all shards for the same queries."
            )
        keys_QK = best_keys(np.concatenate([keys_QK, fresh_QW], axis=1), depth)
        _check_apart(keys_QK)
    if keys_QK is None:
        raise SearchError("There are no shards to merge: search at least one.")
    return TopK(rows_of(keys_QK), scores_of(keys_QK))


def search_shard(
    queries: Vectors,
    corpus: Vectors,
    rows: range,
    depth: int,
    memory: SearchMemory = DEFAULT_MEMORY,
) -> ShardTopK:
    """The best documents among some consecutive rows of a corpus; see `search_flat`.

    Of the corpus's vectors only those rows are read.
    """
    shard = ConsecutiveVectors(corpus, rows)
    return ShardTopK(rows.start, search_flat(queries, shard, depth, memory))


def shard_rows(rows: int, shards: int) -> list[range]:
    """The rows of each of `shards` shards of a corpus, as even as can be; fewer if rows are few."""
    shards = min(shards, rows)
    bounds = [rows * number // max(shards, 1) for number in range(shards + 1)]
    return [range(first, stop) for first, stop in pairwise(bounds)]


def _keys(part: ShardTopK) -> Int64:
    return order_keys(part.found.scores_QK, part.found.rows_QK.astype(np.int64) + part.first)


def _check_apart(keys_QK: Int64) -> None:
    """Keys of one document are equal: its score is the same wherever it is found."""
    if (keys_QK[:, 1:] == keys_QK[:, :-1]).any():
        raise SearchError(
            "A document was found in two shards: give each shard rows that no other has."
        )
