"""From what a user named to what the page asks."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.corpora.collection import Collection
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import PreparationSettings, SourceSettings
from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.retrievers.naming import NamedRetriever
from trisampler.retrievers.opening import open_retriever
from trisampler.web.asking import Asked

_EXAMPLES = 12
_SEED = 17


def prepare(
    named: Sequence[NamedRetriever],
    source: SourceSettings,
    preparation: PreparationSettings,
    cache: VectorCache,
    encoding: EncodingSettings,
) -> Asked:
    """Open the systems; the source is read where one of them searches it, or a place is named.

    Raises:
        TrisamplerError: a system or the source is not as it should be.
    """
    placed = source.path is not None or source.package is not None
    collection = None
    if placed or any(each.kind not in ("bundle", "run") for each in named):
        collection = read_collection(source, _SEED, preparation)
    corpus = collection.corpus if collection else None
    retrievers = {each.name: open_retriever(each, corpus, cache, encoding) for each in named}
    if collection is None:
        return Asked(retrievers)
    return Asked(retrievers, _relevant(collection), _examples(collection))


def _relevant(collection: Collection) -> dict[str, frozenset[str]]:
    """Normalised text -> relevant documents, of all splits but test."""
    judged = pl.concat([collection.train_judgements, collection.dev_judgements])
    positives = judged.filter(pl.col("relevance") >= 1).join(collection.queries, on="query_id")
    grouped = positives.group_by("text").agg("doc_id")
    return {normalize_query(text): frozenset(ids) for text, ids in grouped.iter_rows()}


def _examples(collection: Collection) -> list[str]:
    """Some dev queries."""
    dev = collection.queries.join(collection.dev_judgements, on="query_id", how="semi")
    return dev.head(_EXAMPLES)["text"].to_list()
