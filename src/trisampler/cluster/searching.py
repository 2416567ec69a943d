"""Exact search by workers of a Ray cluster: each takes shards of the corpus, results are merged.

Vectors go to the workers through Ray's object store, one shard for each worker at a time and one
more, so that neither this process nor the store holds the whole corpus.

Shapes: Q queries, K results.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from trisampler.cluster.connection import connected
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.shares import Share, nodes_of, share_among_any
from trisampler.cluster.workers import MOST_RETRIES, in_order
from trisampler.encoders.embeddings import Embeddings
from trisampler.progress import no_progress_bars, progress_bar
from trisampler.search.flat import Search, search_flat
from trisampler.search.merging import ShardTopK, merge, shard_rows
from trisampler.search.order import TopK
from trisampler.search.vectors import Vectors
from trisampler.threads import thread_count

# Of a shard's vectors, at most.
_SHARD_BYTES = 256 << 20
# Products of one number with another that take a second.
_WORTH_A_BAR = 10**11
# Searched for at a time: what each shard finds for them has to be held too.
_QUERIES = 1 << 16


def search_by(cluster: ClusterSettings) -> Search:
    """How the settings have a corpus searched; the result is that of `search_flat` in any case."""
    if cluster.kind == "none":
        return search_flat

    def search(queries: Vectors, corpus: Vectors, depth: int) -> TopK:
        if not len(queries.ids) or not len(corpus.ids):
            return search_flat(queries, corpus, depth)
        ray = connected(cluster)
        share = share_among_any(nodes_of(ray), cluster, thread_count())
        found = [
            merge(_searched(ray, share, _rows_of(queries, rows), corpus, depth), depth)
            for rows in shard_rows(len(queries.ids), math.ceil(len(queries.ids) / _QUERIES))
        ]
        return TopK(
            np.concatenate([part.rows_QK for part in found]),
            np.concatenate([part.scores_QK for part in found]),
        )

    return search


def _searched(
    ray: Any, share: Share, queries: Embeddings, corpus: Vectors, depth: int
) -> Iterator[ShardTopK]:
    """What each shard of the corpus has for some queries."""
    asked = ray.put(queries)
    work = ray.remote(_search_shard).options(
        num_cpus=share.cpus, num_gpus=share.gpus, max_retries=MOST_RETRIES
    )

    def submit(rows: range) -> Any:
        return work.remote(asked, _rows_of(corpus, rows), rows.start, depth, share.cpus)

    shards = _shards(corpus, share.workers)
    products = len(queries.ids) * len(corpus.ids) * corpus.dimension
    with progress_bar(len(shards), "searching", "shard", shown=products >= _WORTH_A_BAR) as bar:
        for found in in_order(ray, submit, shards, share.workers + 1):
            bar.update()
            yield found


def _shards(corpus: Vectors, workers: int) -> list[range]:
    """The rows of each shard: a round or more for each worker."""
    rows = len(corpus.ids)
    rounds = math.ceil(4 * rows * corpus.dimension / (_SHARD_BYTES * workers))
    return shard_rows(rows, rounds * workers)


def _rows_of(vectors: Vectors, rows: range) -> Embeddings:
    """Consecutive rows as vectors that another process can hold."""
    chosen = slice(rows.start, rows.stop)
    return Embeddings.from_array(vectors.ids[chosen], vectors.vectors(chosen))


def _search_shard(
    queries: Embeddings, shard: Embeddings, first: int, depth: int, threads: int
) -> ShardTopK:
    """What a worker does; `first` is the corpus's row that is the shard's row 0."""
    import faiss

    # Loaded for one small shard it does not pay, but a worker has many.
    import torch

    faiss.omp_set_num_threads(threads)
    torch.set_num_threads(threads)
    with no_progress_bars():
        return ShardTopK(first, search_flat(queries, shard, depth))
