"""The best documents from the best passages: each document by the best of its own.

Shapes: N passages, Q queries, K documents.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from trisampler.search.arrays import Int32, Rows
from trisampler.search.order import TopK


class WholeDocuments:
    """Which document each row of the corpus is a passage of.

    Args:
        ids: the document's id of each row; equal ids need not stand together.
    """

    def __init__(self, ids: pl.Series) -> None:
        self.ids = ids.to_list()
        self._document_N = ids.rank("dense").to_numpy()
        self._rows = len(ids)
        self._documents = int(self._document_N.max(initial=0))

    def __len__(self) -> int:
        return self._documents

    def nearest(self, find: Callable[[int], TopK], depth: int) -> TopK:
        """The rows of the best passage of each of the `depth` best documents of each query.

        Passages are looked for until they are of enough documents: the first one of a document is
        its best, since they come in the order of their scores.

        Args:
            find: from a number to so many best passages of each query.
            depth: documents, at most as many as there are.
        """
        passages = depth
        while True:
            found = find(passages)
            kept = [self._first_of_each(rows_K)[:depth] for rows_K in found.rows_QK]
            if all(len(places) == depth for places in kept) or passages >= self._rows:
                break
            passages = min(2 * passages, self._rows)
        places_QK = np.array(kept, dtype=np.intp).reshape(len(kept), depth)
        return TopK(
            np.take_along_axis(found.rows_QK, places_QK, axis=1),
            np.take_along_axis(found.scores_QK, places_QK, axis=1),
        )

    def _first_of_each(self, rows_K: Int32) -> Rows:
        _, first = np.unique(self._document_N[rows_K], return_index=True)
        return np.sort(first)
