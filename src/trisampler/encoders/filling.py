"""Filling a vector cache with what it lacks of some texts.

Shapes: N texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from trisampler.encoders.chunk_encoding import ChunkEncoding, encoding_here
from trisampler.encoders.chunks import chunk_tokens, cut_in_chunks, likely_tokens
from trisampler.encoders.precision import precision_name, resolve_device, resolve_precision
from trisampler.encoders.settings import EncodingSettings, Side
from trisampler.encoders.store_filling import Compute, fill_store
from trisampler.encoders.store_format import Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

# Most texts in a commit; a crash can cost as many for each chunk under way.
CHUNK_TEXTS = 4096
_PLURAL = {"query": "queries", "document": "documents"}


def fill_cache(
    encoder: Encoder,
    texts: Sequence[str],
    digests_N: np.ndarray,
    side: Side,
    cache: VectorCache,
    settings: EncodingSettings,
    encoding: ChunkEncoding = encoding_here,
) -> tuple[VectorStore, int]:
    """Encode the texts that `cache` lacks, and return their store and how many texts that were.

    A text that comes twice is encoded once; see `fill_store` for what a kill costs.

    Args:
        encoder: encodes.
        texts: N texts.
        digests_N: of the texts, S16.
        side: whose prompt, length and tower to use.
        cache: looked up, and appended to.
        settings: precision, device and storage.
        encoding: where chunks of texts are encoded.
    """

    @contextmanager
    def encoding_of_rows() -> Iterator[Compute]:
        with encoding(encoder, side, settings) as encode:
            yield lambda chunks, on_done: encode(
                ([texts[row] for row in rows] for rows in chunks), on_done
            )

    def cut(rows: np.ndarray) -> list[np.ndarray]:
        most, prompt = encoder.settings.length(side), len(encoder.settings.prompt(side))
        return cut_in_chunks(
            rows,
            [likely_tokens(prompt + len(texts[row]), most) for row in rows],
            most_rows=CHUNK_TEXTS,
            most_tokens=chunk_tokens(encoder.tower(side), resolve_device(settings.device)),
        )

    return fill_store(
        cache,
        header_of(encoder, side, settings),
        digests_N,
        encoding_of_rows,
        cut=cut,
        description=f"Encoding {_PLURAL[side]}",
        unit="text",
    )


def header_of(encoder: Encoder, side: Side, settings: EncodingSettings) -> Header:
    """What the store is marked with that holds vectors of `side` by `encoder` under `settings`."""
    precision = resolve_precision(settings.precision, resolve_device(settings.device))
    fingerprint = encoder.fingerprint(side, precision_name(precision))
    return Header(fingerprint, encoder.dimension, settings.storage)
