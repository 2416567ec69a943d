"""Vectors to search in: neighbours as real text has them, unlike uniform ones."""

from __future__ import annotations

import numpy as np

DIMENSION = 384
_CLUSTERS = 2_000


def clustered(queries: int, documents: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (queries, 384) and (documents, 384) in float32, around shared centres."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((_CLUSTERS, DIMENSION)).astype(np.float32)

    def around(count: int) -> np.ndarray:
        noise = random.standard_normal((count, DIMENSION)).astype(np.float32)
        vectors = centres[random.integers(_CLUSTERS, size=count)] + noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return around(queries), around(documents)


def random_pairs(queries: int, documents: int) -> np.ndarray:
    """One positive for each query: (query row, document row)."""
    positives = np.random.default_rng(1).integers(documents, size=queries)
    return np.stack([np.arange(queries), positives], axis=1)
