"""Building an index, and measuring what it misses before it is used.

Shapes: Q queries, K results.
"""

from __future__ import annotations

import logging
from time import perf_counter

import numpy as np

from trisampler.hashing import derive_seed
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.index import Index, IndexDescription, Recall
from trisampler.search.order import TopK
from trisampler.search.settings import EXACT, IndexSettings
from trisampler.search.vectors import IdentifiedVectors, SelectedVectors, Vectors

_LOGGER = logging.getLogger(__name__)


def build_index(
    corpus: IdentifiedVectors,
    settings: IndexSettings,
    seed: int,
    queries: Vectors | None = None,
) -> Index:
    """An index of a corpus, the same for the same arguments whatever the threads.

    Args:
        corpus: the documents' vectors; at least one, unless the index is exact.
        settings: which index, and what it must find.
        seed: fixes the samples of documents and queries.
        queries: of which some measure the recall; without any, documents do, which find
            their like more easily.

    Raises:
        SearchError: the index cannot be built of this corpus, or it finds less than
            `settings.recall_floor`.
    """
    documents = len(corpus.ids)
    description = IndexDescription(
        settings=settings, documents=documents, dimension=corpus.dimension, corpus=corpus.digest
    )
    if settings.factory == EXACT:
        _LOGGER.info("Exact search over %d documents.", documents)
        return Index(description)
    from trisampler.search.index_faiss import build, widen

    started = perf_counter()
    lists = build(corpus, settings, seed)
    heeded = widen(lists, settings)
    asked = queries if queries is not None and len(queries.ids) else corpus
    recall = _measure(Index(description, lists), corpus, _sample(asked, settings, seed))
    _LOGGER.info(
        "Index %s over %d documents, built in %.1f s: finds %.1f%% of the %d nearest (%d queries, "
        "the worst %.1f%%).",
        settings.factory,
        documents,
        perf_counter() - started,
        100 * recall.mean,
        recall.depth,
        recall.queries,
        100 * recall.lowest,
    )
    _check_floor(recall, settings, heeded)
    return Index(description.model_copy(update={"recall": recall}), lists)


def recall_of(found: TopK, exact: TopK) -> np.ndarray:
    """For each query (Q) the share of its exact results that were found."""
    shares = [
        len(np.intersect1d(found_K, exact_K)) / len(exact_K)
        for found_K, exact_K in zip(found.rows_QK, exact.rows_QK, strict=True)
    ]
    return np.array(shares, dtype=np.float64)


def _measure(index: Index, corpus: IdentifiedVectors, queries: Vectors) -> Recall:
    depth = min(index.description.settings.recall_depth, len(corpus.ids))
    exact = search_flat(queries, corpus, depth)
    shares_Q = recall_of(index.search_lists(queries, corpus, depth), exact)
    return Recall(
        mean=float(shares_Q.mean()),
        lowest=float(shares_Q.min()),
        queries=len(shares_Q),
        depth=depth,
    )


def _sample(queries: Vectors, settings: IndexSettings, seed: int) -> Vectors:
    count = len(queries.ids)
    random = np.random.default_rng(derive_seed(seed, "index", "recall"))
    rows = random.choice(count, min(settings.recall_queries, count), replace=False)
    return SelectedVectors(queries, np.sort(rows))


def _check_floor(recall: Recall, settings: IndexSettings, heeded: list[str]) -> None:
    if recall.mean >= settings.recall_floor:
        return
    wider = [f"search.{name} ({getattr(settings, name)} now)" for name in (*heeded, "rescored")]
    raise SearchError(
        f"The index search.factory={settings.factory!r} finds {recall.mean:.1%} of the "
        f"{recall.depth} nearest documents ({recall.queries} queries); "
        f"search.recall_floor asks for {settings.recall_floor:.1%}. Raise {' or '.join(wider)}, "
        "choose a factory that keeps more of a vector, lower the floor, or take "
        "search.factory=exact."
    )
