"""Vectors to search in: neighbours as real text has them, unlike uniform ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from trisampler.encoders.embeddings import Embeddings

DIMENSION = 384
_CLUSTERS = 2_000
_DOCUMENTS_A_CLUSTER, _WRITTEN_AT_ONCE = 500, 20_000


def clustered(queries: int, documents: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (queries, 384) and (documents, 384) in float32, around shared centres."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((_CLUSTERS, DIMENSION)).astype(np.float32)

    def around(count: int) -> np.ndarray:
        noise = random.standard_normal((count, DIMENSION)).astype(np.float32)
        vectors = centres[random.integers(_CLUSTERS, size=count)] + noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return around(queries), around(documents)


def write_clustered(path: Path, documents: int) -> np.ndarray:
    """Such vectors as a `.npy` file, made a block at a time; the file, mapped for reading.

    There is a centre for each 500 documents.
    """
    random = np.random.default_rng(2)
    clusters = documents // _DOCUMENTS_A_CLUSTER
    centres = random.standard_normal((clusters, DIMENSION), dtype=np.float32)
    file_ND = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float32, shape=(documents, DIMENSION)
    )
    for first in range(0, documents, _WRITTEN_AT_ONCE):
        count = min(_WRITTEN_AT_ONCE, documents - first)
        block = random.standard_normal((count, DIMENSION), dtype=np.float32)
        block += centres[random.integers(clusters, size=count)]
        block /= np.linalg.norm(block, axis=1, keepdims=True)
        file_ND[first : first + count] = block
    file_ND.flush()
    del file_ND
    return np.load(path, mmap_mode="r", allow_pickle=False)


def numbered(vectors_ND: np.ndarray) -> Embeddings:
    """The vectors with their rows' numbers as ids."""
    from trisampler.encoders.embeddings import Embeddings

    return Embeddings.from_array([f"{row:09}" for row in range(len(vectors_ND))], vectors_ND)


def random_pairs(queries: int, documents: int) -> np.ndarray:
    """One positive for each query: (query row, document row)."""
    positives = np.random.default_rng(1).integers(documents, size=queries)
    return np.stack([np.arange(queries), positives], axis=1)
