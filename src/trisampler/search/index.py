"""A way to find the documents near a query: exactly, or among those that an index of FAISS lists.

Either way the results are scored from the corpus's own vectors and stand in the one order; an index
decides only which documents are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from trisampler.search.arrays import Float32, Int32
from trisampler.search.errors import SearchError
from trisampler.search.flat import Search, search_flat
from trisampler.search.inputs import DEFAULT_MEMORY, SearchMemory
from trisampler.search.order import TopK
from trisampler.search.settings import EXACT, IndexSettings
from trisampler.search.vectors import IdentifiedVectors, Vectors


class Recall(BaseModel):
    """What share of the K nearest documents an index lists; `lowest` is the worst query's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float
    lowest: float
    queries: int
    depth: int


class IndexDescription(BaseModel):
    """What an index is, and of what.

    Attributes:
        corpus: the digest of the vectors.
        recall: as measured when it was built; None for an exact one, which finds all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: IndexSettings
    documents: int
    dimension: int
    corpus: str
    recall: Recall | None = None


@dataclass(frozen=True)
class Index:
    """See `index_building.build_index`.

    Attributes:
        description: what it is.
        lists: FAISS's index; None for an exact one.
    """

    description: IndexDescription
    lists: Any = field(default=None, repr=False)

    def search(
        self,
        queries: Vectors,
        corpus: IdentifiedVectors,
        depth: int,
        memory: SearchMemory = DEFAULT_MEMORY,
        exact: Search | None = None,
    ) -> TopK:
        """The best documents of each query; the same whatever the memory and threads.

        Args:
            queries: Q vectors.
            corpus: the vectors that the index was built of.
            depth: how many documents of each query.
            memory: what to hold at a time, besides the index.
            exact: how exact search is done, of all queries or of those that the index lists too
                few documents for; by default in this process.

        Returns:
            K = min(depth, N) rows of the corpus and canonical scores, in the one order.

        Raises:
            SearchError: the corpus is another one, or what `search_flat` raises.
        """
        self._check_corpus(corpus)
        exact = exact or partial(search_flat, memory=memory)
        if self.lists is None:
            return exact(queries, corpus, depth)
        from trisampler.search.listed import search_rest

        found = self.search_lists(queries, corpus, depth, memory)
        return search_rest(found, queries, corpus, exact)

    def search_lists(
        self, queries: Vectors, corpus: Vectors, depth: int, memory: SearchMemory = DEFAULT_MEMORY
    ) -> TopK:
        """What FAISS's index alone finds, rows being -1 where it lists fewer documents than K."""
        from trisampler.search.listed import search_listed

        rescored = self.description.settings.rescored
        return search_listed(queries, corpus, depth, self._list, rescored, memory)

    def report(self) -> dict[str, Any]:
        """What is worth knowing about it, as JSON holds it."""
        told = self.description
        if told.recall is None:
            settings: dict[str, Any] = {"factory": EXACT}
        else:
            settings = told.settings.model_dump(mode="json")
        return {
            **settings,
            "documents": told.documents,
            "dimension": told.dimension,
            "recall": 1.0 if told.recall is None else told.recall.mean,
            "lowest_recall": 1.0 if told.recall is None else told.recall.lowest,
        }

    def save(self, folder: Path) -> None:
        """Write it to `folder`, whole or not at all; an exact one is a manifest only."""
        from trisampler.search.index_folder import save_index

        save_index(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Read what `save` wrote.

        Raises:
            SearchError: it is missing, cut off, altered or not of this form.
        """
        from trisampler.search.index_folder import load_index

        return load_index(folder)

    def _list(self, queries_QD: Float32, width: int) -> Int32:
        from trisampler.search.index_faiss import list_rows

        return list_rows(self.lists, queries_QD, width)

    def _check_corpus(self, corpus: IdentifiedVectors) -> None:
        built_of = self.description
        if built_of.corpus != corpus.digest:
            raise SearchError(
                f"The index was built of other vectors ({built_of.documents} x "
                f"{built_of.dimension}) than these ({len(corpus.ids)} x {corpus.dimension}): the "
                "documents or the encoder have changed since. Build it anew."
            )
