"""Listed documents, scored exactly and put in the one order.

Shapes: Q queries, K results, W columns of the list.
"""

from __future__ import annotations

import numpy as np

from trisampler.search.arrays import Int32, Int64
from trisampler.search.order import rank
from trisampler.search.products import score_rows
from trisampler.search.vectors import VectorBlock, VectorBlocks
from trisampler.threads import even_parts, in_threads

_RANKED_AT_ONCE = 256


def best_listed(queries: VectorBlock, corpus: VectorBlocks, rows_QW: Int32, depth: int) -> Int64:
    """Order keys (Q, K) of the best of each query's list, -1 in it standing for none; W >= K."""
    blocks, places_QW = corpus.holding(rows_QW)
    scores_QW = score_rows(queries, blocks, places_QW)
    keys_QK = np.empty((len(rows_QW), depth), dtype=np.int64)

    def rank_some(part: slice) -> None:
        keys_QK[part] = rank(rows_QW[part], scores_QW[part], depth)

    in_threads(rank_some, even_parts(len(rows_QW), _RANKED_AT_ONCE, least=64))
    return keys_QK
