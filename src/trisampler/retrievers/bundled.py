"""A bundle as a retriever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from trisampler.release.bundle import Bundle
from trisampler.retrievers.retriever import Hit


@dataclass(frozen=True)
class BundleRetriever:
    """Finds the bundle's own documents."""

    bundle: Bundle

    def __len__(self) -> int:
        return len(self.bundle)

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        found = self.bundle.search(texts, k)
        columns = (found.ids, found.scores_QK.tolist(), found.titles, found.texts)
        return [
            [Hit(*values) for values in zip(*of_query, strict=True)]
            for of_query in zip(*columns, strict=True)
        ]

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        """See `Retriever`."""
        return self.bundle.rank(queries, k)
