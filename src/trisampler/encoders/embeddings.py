"""Vectors of a table of texts, one row an id, in the order of the ids.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from trisampler.encoders.chunk_encoding import ChunkEncoding, encoding_here
from trisampler.encoders.errors import EmbeddingsError
from trisampler.encoders.filling import fill_cache
from trisampler.encoders.mapped import LARGE_READ, let_go
from trisampler.encoders.settings import EncodingSettings, Side
from trisampler.encoders.store_format import DIGEST_BYTES
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore
from trisampler.hashing import digest_text

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

_LOGGER = logging.getLogger(__name__)
_HASHED_AT_ONCE = 8192


@dataclass(frozen=True)
class Embeddings:
    """Ids and where their vectors are; the vectors stay in the memory-mapped cache until asked for.

    Attributes:
        ids: strictly increasing.
        fingerprint: of the encoder and precision that made the vectors.
        dimension: D.
        store: the store that holds the vectors; None where they are in memory or in a file of the
            artifact's own.
        encoded: how many texts had to be encoded to make this; 0 when loaded.
        known_digests_N: of the texts, S16, where they are known and the vectors lie in no store.
    """

    ids: list[str]
    fingerprint: str
    dimension: int
    source_ND: np.ndarray = field(repr=False)
    rows_N: np.ndarray = field(repr=False)
    store: VectorStore | None = field(default=None, repr=False)
    encoded: int = 0
    known_digests_N: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_ids(self.ids)

    @classmethod
    def from_array(
        cls, ids: Sequence[str], vectors_ND: np.ndarray, fingerprint: str = "in memory"
    ) -> Self:
        """Embeddings of vectors (N, D) that are at hand, in the order of `ids`.

        Raises:
            EmbeddingsError: shapes do not fit, or ids are not strictly increasing.
        """
        if vectors_ND.ndim != 2 or len(vectors_ND) != len(ids):
            raise EmbeddingsError(
                f"{len(ids)} ids cannot have vectors of shape {vectors_ND.shape}: expected one row "
                "an id."
            )
        rows_N = np.arange(len(ids))
        return cls(list(ids), fingerprint, vectors_ND.shape[1], vectors_ND, rows_N)

    def __len__(self) -> int:
        return len(self.ids)

    def vectors(self, rows: slice | np.ndarray | None = None) -> np.ndarray:
        """Vectors (n, D) float32 of some rows: a slice, an array of row numbers, or None for all.

        A new array, always. Rows that lie side by side in the store are one contiguous read.
        """
        wanted = self.rows_N[slice(None) if rows is None else rows]
        if len(wanted) == 0:
            return np.empty((0, self.dimension), dtype=np.float32)
        span = self.source_ND[int(wanted.min()) : int(wanted.max()) + 1]
        found = span if _side_by_side(wanted) else self.source_ND[wanted]
        vectors_ND = np.array(found, dtype=np.float32)
        if vectors_ND.nbytes >= LARGE_READ:
            let_go(span)
        return vectors_ND

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the ids and what makes their vectors: the fingerprint and the texts.

        Where the texts are not known, the vectors themselves count.
        """
        digests_N = self.text_digests()
        digest = hashlib.sha256("\0".join([self.fingerprint, *self.ids]).encode())
        for first in range(0, len(self), _HASHED_AT_ONCE):
            rows = slice(first, first + _HASHED_AT_ONCE)
            told = self.vectors(rows) if digests_N is None else digests_N[rows]
            digest.update(told.tobytes())
        return digest.hexdigest()

    def text_digests(self) -> np.ndarray | None:
        """The digest (N,) S16 of each text; None where they are not known."""
        if self.store is None:
            return self.known_digests_N
        digests_N: np.ndarray = self.store.digests_N[self.rows_N]
        return digests_N

    def save(self, folder: Path) -> None:
        """Write the artifact: a manifest, the ids and rows, and where the cache is.

        Vectors that lie in no cache are written into the folder themselves.
        """
        from trisampler.encoders.embeddings_folder import save_embeddings

        save_embeddings(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Embeddings:
        """Read the artifact in `folder`.

        Raises:
            EmbeddingsError: it is missing, incomplete or damaged, or the cache no longer holds
                these vectors. The message names what is wrong.
        """
        from trisampler.encoders.embeddings_folder import load_embeddings

        return load_embeddings(folder)


def embed(
    encoder: Encoder,
    texts: Sequence[str],
    ids: Sequence[str],
    side: Side,
    cache: VectorCache,
    settings: EncodingSettings,
    encoding: ChunkEncoding = encoding_here,
) -> Embeddings:
    """Embeddings of `texts`, all of them in `cache` afterwards.

    A text that the cache has under this encoder, or that comes twice, is not encoded again. Killed
    at any point, the next call goes on behind the last commit and ends with the same bytes.

    Args:
        encoder: moves to the device that `settings` name.
        texts: N texts.
        ids: N ids, strictly increasing.
        side: whose prompt, length and tower to use.
        cache: looked up, and appended to chunk by chunk.
        settings: precision, device and storage.
        encoding: where chunks of texts are encoded.

    Raises:
        EmbeddingsError: ids are not strictly increasing, or not as many as texts.
    """
    if len(texts) != len(ids):
        raise EmbeddingsError(f"There are {len(texts)} texts but {len(ids)} ids.")
    check_ids(ids)
    digests_N = np.fromiter(map(digest_text, texts), f"S{DIGEST_BYTES}", len(texts))
    store, encoded = fill_cache(encoder, texts, digests_N, side, cache, settings, encoding)
    _LOGGER.info("%d texts (%s): %d encoded, the rest from the cache.", len(ids), side, encoded)
    return Embeddings(
        ids=list(ids),
        fingerprint=store.header.fingerprint,
        dimension=store.header.dimension,
        source_ND=store.vectors_ND,
        rows_N=store.lookup(digests_N),
        store=store,
        encoded=encoded,
    )


def check_ids(ids: Sequence[str]) -> None:
    """Raise EmbeddingsError unless `ids` are strictly increasing."""
    for row in range(1, len(ids)):
        if ids[row - 1] >= ids[row]:
            fault = "twice" if ids[row - 1] == ids[row] else f"after {ids[row - 1]!r}"
            raise EmbeddingsError(
                f"Ids must be in increasing order, each once: row {row} has {ids[row]!r} {fault}. "
                "Sort the table by its id."
            )


def _side_by_side(rows: np.ndarray) -> bool:
    first, last = int(rows[0]), int(rows[-1])
    return last - first == len(rows) - 1 and bool((np.diff(rows) == 1).all())
