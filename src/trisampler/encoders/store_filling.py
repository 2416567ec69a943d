"""Filling a store of a vector cache with the rows it lacks, so that none is computed twice.

Shapes: N rows asked for, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import numpy as np

from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.store_format import Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore
from trisampler.progress import progress_bar

Compute = Callable[[Iterable[np.ndarray], Callable[[int], object]], Iterator[np.ndarray]]
"""From chunks of positions (n,) among the N, and what to tell how many are done, to the rows (n, D)
of each chunk, in the order of the chunks. Several may be under way at once."""

Cut = Callable[[np.ndarray], list[np.ndarray]]
"""From all positions to compute to chunks of them, such that what some chunks leave is cut into
just the others."""


def fill_store(
    cache: VectorCache,
    header: Header,
    digests_N: np.ndarray,
    computing: Callable[[], AbstractContextManager[Compute]],
    *,
    cut: Cut,
    description: str,
    unit: str,
) -> tuple[VectorStore, int]:
    """Compute what the store of `header` lacks, and return it with how many rows that were.

    A digest that comes twice is computed once. Chunks are committed one by one, in the order of
    `digests_N`, wherever they are computed; so after a kill the next call makes the same chunks
    that were still to come, and ends with the same bytes.

    Args:
        cache: holds the store, or will.
        header: what its rows are made with.
        digests_N: what each row is found by, S16.
        computing: entered only where something is missing.
        cut: how rows are committed together: a crash can cost each chunk under way.
        description: of the progress bar.
        unit: of the progress bar.
    """
    store = _open(cache, header)
    if store is not None and len(_missing(store, digests_N)) == 0:
        return store, 0
    with cache.writing(header) as writer:
        # Another process may have filled it while this one waited.
        missing = _missing(cache.open(header), digests_N)
        if len(missing):
            chunks = cut(missing)
            with computing() as compute, progress_bar(len(missing), description, unit) as bar:
                for rows, computed_ND in zip(chunks, compute(chunks, bar.update), strict=True):
                    writer.append(digests_N[rows], computed_ND)
    return cache.open(header), len(missing)


def _open(cache: VectorCache, header: Header) -> VectorStore | None:
    """The store as it stands; None where there is none to read, whatever the reason."""
    try:
        return cache.open(header)
    except VectorCacheError:
        return None


def _missing(store: VectorStore, digests_N: np.ndarray) -> np.ndarray:
    """The first position of each digest that the store lacks, in input order."""
    _, first = np.unique(digests_N, return_index=True)
    first.sort()
    missing: np.ndarray = first[store.lookup(digests_N[first]) < 0]
    return missing
