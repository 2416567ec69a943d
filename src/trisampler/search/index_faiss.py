"""FAISS's part in an index: made of a factory string, trained, filled, asked.

Everything here is a function of its arguments, whatever the number of threads:
- FAISS draws its random numbers from fixed seeds; the sample it is trained on is drawn here.
- It is built on one thread: a graph grows with the order of insertion, and matrix products that
  several threads share come out otherwise in their last bits.
- The order of a sum, and with it which of two near-equal lists is visited, depends on how many
  queries FAISS is asked at a time. So it is always asked one, on one thread; threads share queries.

Shapes: Q queries, N documents, D dimensions, W columns of the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from trisampler.hashing import derive_seed
from trisampler.search.arrays import Float32, Int32
from trisampler.search.errors import SearchError
from trisampler.search.inputs import watched
from trisampler.search.settings import IndexSettings
from trisampler.search.vectors import SelectedVectors, VectorBlocks, Vectors
from trisampler.threads import even_parts, in_threads, one_thread

_ADDED_AT_ONCE = 8192
_QUERIES_A_TASK = 64
# Divisible by whatever may divide a vector: whether the string is right is all that is asked.
_ANY_DIMENSION = 20160

_BREADTHS = {"nprobe": "nprobe", "efSearch": "ef_search", "quantizer_efSearch": "ef_search"}
"""FAISS's name of what makes a search wider, and ours."""


def why_not(factory: str) -> str | None:
    """What FAISS has against a factory string; None if nothing."""
    import faiss

    try:
        faiss.index_factory(_ANY_DIMENSION, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        return _reason(error)
    return None


def build(corpus: Vectors, settings: IndexSettings, seed: int) -> Any:
    """An index of FAISS of all documents, read in blocks.

    Raises:
        SearchError: FAISS cannot make it for this dimension, or of so few documents.
    """
    factory = settings.factory
    if not len(corpus.ids):
        raise SearchError("The corpus has no vectors to index: embed some documents first.")
    with _told(factory, corpus), one_thread():
        index = _empty(factory, corpus.dimension)
        if not index.is_trained:
            index.train(_sample(corpus, settings.train_sample, seed))
        blocks = VectorBlocks(corpus, "document", _ADDED_AT_ONCE)
        for block in watched(blocks, f"indexing ({factory})", "document"):
            index.add(block.vectors_ND)
    return index


def widen(index: Any, settings: IndexSettings) -> list[str]:
    """Set how widely it searches; returns the names of the settings that it heeds."""
    import faiss

    space = faiss.ParameterSpace()
    space.initialize(index)
    known = {space.parameter_ranges.at(n).name for n in range(space.parameter_ranges.size())}
    heeded = {name: ours for name, ours in _BREADTHS.items() if name in known}
    for name, ours in heeded.items():
        space.set_index_parameter(index, name, getattr(settings, ours))
    return sorted(set(heeded.values()))


def list_rows(index: Any, queries_QD: Float32, width: int) -> Int32:
    """Rows (Q, W) that the index lists, -1 behind the last one of a query."""
    rows_QW = np.empty((len(queries_QD), width), dtype=np.int32)

    def list_some(part: slice) -> None:
        with one_thread():
            for query in range(*part.indices(len(queries_QD))):
                rows_QW[query] = index.search(queries_QD[query : query + 1], width)[1][0]

    in_threads(list_some, even_parts(len(queries_QD), _QUERIES_A_TASK))
    return rows_QW


def _empty(factory: str, dimension: int) -> Any:
    import faiss

    index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    quantiser = faiss.downcast_index(index)
    while isinstance(quantiser, faiss.IndexPreTransform):
        quantiser = faiss.downcast_index(quantiser.index)
    if hasattr(quantiser, "do_polysemous_training"):
        # It renames codes for a filter that is not used here, and takes most of the time.
        quantiser.do_polysemous_training = False
    return index


def _sample(corpus: Vectors, size: int, seed: int) -> Float32:
    count = len(corpus.ids)
    random = np.random.default_rng(derive_seed(seed, "index", "train"))
    rows = np.sort(random.choice(count, min(size, count), replace=False))
    (block,) = VectorBlocks(SelectedVectors(corpus, rows), "document", len(rows))
    return block.vectors_ND


@contextmanager
def _told(factory: str, corpus: Vectors) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise SearchError(
            f"FAISS cannot build the index search.factory={factory!r} of {len(corpus.ids)} "
            f"documents x {corpus.dimension} dimensions: {_reason(error)}. Choose another factory "
            "string, or search.factory=exact."
        ) from error


def _reason(error: RuntimeError) -> str:
    """What FAISS says, without the place in its code."""
    return str(error).rpartition("Error: ")[2].split(".cpp:")[-1].strip().rstrip(".")
