"""What retrievers have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import polars as pl


class Hit(NamedTuple):
    """A document that was found; `title` is "" where there is none."""

    doc_id: str
    score: float
    title: str
    text: str


def hits_as_json(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Plain values, with the rank from 1."""
    return [{"rank": rank, **hit._asdict()} for rank, hit in enumerate(hits, start=1)]


class Retriever(Protocol):
    """Answers queries with documents."""

    def __len__(self) -> int:
        """How many documents there are."""
        ...

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """The `k` best documents of each text, the best first; fewer where there are no more."""
        ...

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        """The same as a run, without texts.

        Args:
            queries: query_id, text; ids are unique.
            k: documents of each query.

        Returns:
            query_id, doc_id, rank, score; by query_id and rank.
        """
        ...
