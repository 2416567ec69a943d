"""Vectors to search in, and a naive search to compare with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from trisampler.encoders.embeddings import Embeddings
from trisampler.search.order import TopK
from trisampler.search.shortlist import Shortlister
from trisampler.search.shortlist_bfloat16 import shortlist_by_bfloat16
from trisampler.search.shortlist_cuda import shortlister_on
from trisampler.search.shortlist_faiss import shortlist_by_faiss

# The GPU's method computes on whatever device it is given.
METHODS: dict[str, Sequence[Shortlister]] = {
    "faiss": [shortlist_by_faiss],
    "bfloat16, then faiss": [shortlist_by_bfloat16, shortlist_by_faiss],
    "bfloat16 alone": [shortlist_by_bfloat16],
    "matrix products": [shortlister_on(torch.device("cpu"))],
}


def embeddings(vectors: np.ndarray, prefix: str = "d") -> Embeddings:
    """Vectors with ids in the order of rows."""
    ids = [f"{prefix}{row:06d}" for row in range(len(vectors))]
    return Embeddings.from_array(ids, np.asarray(vectors))


def naive_search(queries: np.ndarray, corpus: np.ndarray, depth: int) -> TopK:
    """Every score summed without error, every list sorted by (score, row), both descending."""
    lists = []
    for query in queries.astype(np.float64):
        scores = [float(np.float32(math.fsum(query * document))) for document in corpus]
        best = sorted(zip(scores, range(len(corpus)), strict=True), reverse=True)[:depth]
        lists.append(best)
    return TopK(
        np.array([[row for _, row in best] for best in lists], dtype=np.int32),
        np.array([[score for score, _ in best] for best in lists], dtype=np.float32),
    )


def same(found: TopK, other: TopK) -> bool:
    """Whether two results are the same to the last bit."""
    return (
        found.rows_QK.dtype == other.rows_QK.dtype == np.int32
        and found.scores_QK.dtype == other.scores_QK.dtype == np.float32
        and found.rows_QK.shape == other.rows_QK.shape
        and found.rows_QK.tobytes() == other.rows_QK.tobytes()
        and found.scores_QK.tobytes() == other.scores_QK.tobytes()
    )


def clustered(seed: int, count: int, dimension: int, spread: float = 1.0) -> np.ndarray:
    """Unit vectors around a few dozen centres, float32."""
    centres = np.random.default_rng(7).standard_normal((30, dimension))
    random = np.random.default_rng(seed)
    chosen = centres[random.integers(0, len(centres), count)]
    vectors = chosen + spread * random.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
