"""Chunks of texts encoded by workers of a Ray cluster.

A worker's vectors are those of this process, bit for bit, where it has the same kind of processor,
the same libraries, and as many threads; the chunks, and so the batches, are the same anyway.

Shapes: n texts of a chunk, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from trisampler.cluster.connection import connected
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.shares import nodes_of, share_among_any
from trisampler.cluster.workers import actors, in_order
from trisampler.encoders.chunk_encoding import ChunkEncoding, EncodeChunks, encoding_here
from trisampler.encoders.encoding import Encoding
from trisampler.encoders.precision import precision_name, resolve_device, resolve_precision
from trisampler.encoders.settings import EncodingSettings, Side

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

# One chunk being encoded, one waiting in the worker.
_CHUNKS_PER_WORKER = 2


def encoding_by(cluster: ClusterSettings) -> ChunkEncoding:
    """Where the settings have chunks of texts encoded."""
    if cluster.kind == "none":
        return encoding_here

    @contextmanager
    def encoding(
        encoder: Encoder, side: Side, settings: EncodingSettings
    ) -> Iterator[EncodeChunks]:
        import torch

        ray = connected(cluster)
        share = share_among_any(nodes_of(ray), cluster, torch.get_num_threads())
        # What the vectors are marked with was decided here; a worker's hardware has no say.
        precision = resolve_precision(settings.precision, resolve_device(settings.device))
        settings = settings.model_copy(update={"precision": precision_name(precision)})
        # In a list: a worker fetches it once, and not with each chunk.
        stored = [ray.put(encoder.to("cpu"))]
        with ExitStack() as stack:

            def encode(
                chunks: Iterable[Sequence[str]], on_done: Callable[[int], object]
            ) -> Iterator[np.ndarray]:
                chunks = list(chunks)
                needed = replace(share, workers=min(share.workers, len(chunks)))
                arguments = (side, settings, share.cpus)
                workers = cycle(stack.enter_context(actors(ray, _Worker, arguments, needed)))

                def submit(texts: Sequence[str]) -> Any:
                    return next(workers).encode.remote(stored, texts)

                under_way = _CHUNKS_PER_WORKER * needed.workers
                for vectors_ND in in_order(ray, submit, chunks, under_way):
                    on_done(len(vectors_ND))
                    yield vectors_ND

            yield encode

    return encoding


class _Worker:
    """Holds the encoder, in a process of its own; one that is begun anew fetches it again."""

    def __init__(self, side: Side, settings: EncodingSettings, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._side: Side = side
        self._settings = settings
        self._encoding: Encoding | None = None

    def encode(self, encoder: list[Any], texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, D) float32."""
        if self._encoding is None:
            import ray

            self._encoding = Encoding(ray.get(encoder[0]), self._side, self._settings)
            self._encoding.__enter__()
        return self._encoding.encode(texts)
