"""Where chunks of texts become vectors: in this process, or wherever a caller has them encoded.

Shapes: n texts of a chunk, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from trisampler.encoders.encoding import Encoding
from trisampler.encoders.settings import EncodingSettings, Side

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

EncodeChunks = Callable[[Iterable[Sequence[str]], Callable[[int], object]], Iterator[np.ndarray]]
"""From chunks of texts, and what to tell how many texts are done, to the vectors (n, D) float32 of
each chunk, in the order of the chunks."""

ChunkEncoding = Callable[["Encoder", Side, EncodingSettings], AbstractContextManager[EncodeChunks]]
"""Makes an encoder ready for chunks of texts of one side. The vectors of a chunk must depend on
nothing but these arguments and the chunk."""


@contextmanager
def encoding_here(
    encoder: Encoder, side: Side, settings: EncodingSettings
) -> Iterator[EncodeChunks]:
    """One chunk after the other in this process; see `Encoding`."""
    with Encoding(encoder, side, settings) as encoding:
        yield lambda chunks, on_done: (encoding.encode(texts, on_done) for texts in chunks)
