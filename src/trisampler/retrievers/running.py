"""Systems asked the queries of one split: a run of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from trisampler.corpora.collection import Collection, Split
from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.evaluation.external import fit_run
from trisampler.evaluation.folding import fold_judgements, fold_run
from trisampler.evaluation.runs import read_trec_run
from trisampler.retrievers.errors import RetrieverError
from trisampler.retrievers.naming import Kind, NamedRetriever
from trisampler.retrievers.opening import open_retriever

# Their documents need not be the source's.
_OF_ELSEWHERE: tuple[Kind, ...] = ("run", "bundle")
_ALWAYS_TOLD = ("queries", "results")


class Run(NamedTuple):
    """A run, and counts of what in it does not fit the judgements; empty where all does."""

    table: pl.DataFrame
    unfit: dict[str, int]


def chosen_split(collection: Collection, asked: str | None) -> Split:
    """The split that is asked for; without one test, or dev where the source has no test.

    Raises:
        RetrieverError: nothing in it is judged.
    """
    splits: tuple[Split, ...] = ("test", "dev", "train")
    judged = [split for split in splits if not collection.judgements(split).is_empty()]
    for split in judged:
        if asked in (None, split):
            return split
    raise RetrieverError(
        f"The source has no judgements of the split {asked}; it has {', '.join(judged)}."
    )


@dataclass(frozen=True)
class Running:
    """Where and how runs are made.

    Attributes:
        collection: documents, queries and judgements.
        split: whose queries are asked.
        depth: documents kept of each query.
        cache: where vectors are kept.
        encoding: device and precision.
    """

    collection: Collection
    split: Split
    depth: int
    cache: VectorCache = field(repr=False)
    encoding: EncodingSettings

    @property
    def judgements(self) -> pl.DataFrame:
        """Those of the split, of documents where the corpus is passages of them."""
        return fold_judgements(self.collection.judgements(self.split), self.collection.passages)

    @cached_property
    def _corpus(self) -> pl.DataFrame:
        """All documents, in memory."""
        return self.collection.corpus

    def runs(self, named: Sequence[NamedRetriever]) -> dict[str, Run]:
        """A run by name, in the order given; run files are read before anything is encoded.

        Passages are folded to the documents that they are of, each by its best one.

        Raises:
            RunFileError: a run is broken, or of other data than these.
        """
        given = {each.name: self._read(each) for each in named if each.kind == "run"}
        made = {each.name: self._made(each) for each in named if each.kind != "run"}
        found = given | made
        return {
            each.name: Run(
                fold_run(found[each.name].table, self.collection.passages), found[each.name].unfit
            )
            for each in named
        }

    def _read(self, named: NamedRetriever) -> Run:
        return self._fitted(read_trec_run(Path(named.what)), named.what)

    def _made(self, named: NamedRetriever) -> Run:
        corpus = None if named.kind == "bundle" else self._corpus
        retriever = open_retriever(named, corpus, self.cache, self.encoding)
        asked = self.collection.queries.join(self.judgements, on="query_id", how="semi")
        run = retriever.rank(asked.select("query_id", "text"), self.depth)
        return self._fitted(run, named.what) if named.kind in _OF_ELSEWHERE else Run(run, {})

    def _fitted(self, run: pl.DataFrame, where: str) -> Run:
        cut = self.collection.passages["document_id"].unique()
        ids = pl.concat([self.collection.documents.ids, cut]).to_frame("doc_id")
        fitting, counts = fit_run(run, self.judgements, ids, self.depth, where)
        told = {what: count for what, count in counts.items() if count and what not in _ALWAYS_TOLD}
        return Run(fitting, told)
