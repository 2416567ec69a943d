"""Filling a vector cache with what it lacks of some texts.

Shapes: N texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trisampler.encoders.encoding import Encoding
from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.precision import precision_name, resolve_device, resolve_precision
from trisampler.encoders.settings import EncodingSettings, Side
from trisampler.encoders.store_format import Header
from trisampler.encoders.store_writer import StoreWriter
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore
from trisampler.progress import progress_bar

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

# Texts in a commit: what a crash can cost.
CHUNK_TEXTS = 4096
_PLURAL = {"query": "queries", "document": "documents"}


def fill_cache(
    encoder: Encoder,
    texts: Sequence[str],
    digests_N: np.ndarray,
    side: Side,
    cache: VectorCache,
    settings: EncodingSettings,
) -> tuple[VectorStore, int]:
    """Encode the texts that `cache` lacks, and return their store and how many texts that were.

    A text that comes twice is encoded once. Chunks of `CHUNK_TEXTS` are committed one by one, in
    the order of `texts`; so after a kill the next call makes the same chunks that were still to
    come, and ends with the same bytes.
    """
    header = header_of(encoder, side, settings)
    store = _open(cache, header)
    if store is not None and len(_missing(store, digests_N)) == 0:
        return store, 0
    with cache.writing(header) as writer:
        # Another process may have filled it while this one waited.
        missing = _missing(cache.open(header), digests_N)
        if len(missing):
            _encode_into(writer, encoder, texts, digests_N, missing, side, settings)
    return cache.open(header), len(missing)


def header_of(encoder: Encoder, side: Side, settings: EncodingSettings) -> Header:
    """What the store is marked with that holds vectors of `side` by `encoder` under `settings`."""
    precision = resolve_precision(settings.precision, resolve_device(settings.device))
    fingerprint = encoder.fingerprint(side, precision_name(precision))
    return Header(fingerprint, encoder.dimension, settings.storage)


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


def _encode_into(
    writer: StoreWriter,
    encoder: Encoder,
    texts: Sequence[str],
    digests_N: np.ndarray,
    missing: np.ndarray,
    side: Side,
    settings: EncodingSettings,
) -> None:
    """Encode the texts at the positions `missing` and append them chunk by chunk."""
    with (
        Encoding(encoder, side, settings) as encoding,
        progress_bar(len(missing), f"Encoding {_PLURAL[side]}", "text") as bar,
    ):
        for start in range(0, len(missing), CHUNK_TEXTS):
            chunk = missing[start : start + CHUNK_TEXTS]
            vectors_ND = encoding.encode([texts[row] for row in chunk], bar.update)
            writer.append(digests_N[chunk], vectors_ND)
