"""Pairs to logits: sorted by length, in batches of bounded size, order restored.

Shapes: N pairs, B pairs of a batch, L tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from trisampler.encoders.encoding import batch_tokens
from trisampler.encoders.precision import autocast, resolve_device, resolve_precision
from trisampler.encoders.settings import ComputingSettings
from trisampler.encoders.token_batches import TokenBatch, made_ahead, token_batches
from trisampler.teachers.cross_encoder import CrossEncoder, TextPair

if TYPE_CHECKING:
    import torch
    from torch import Tensor

ScorePairs = Callable[[Sequence[TextPair], Callable[[int], object]], np.ndarray]
"""From N pairs, and what to tell how many a batch held, to their logits (N,) float32."""


@contextmanager
def pair_scoring(cross_encoder: CrossEncoder, settings: ComputingSettings) -> Iterator[ScorePairs]:
    """Inside, what is given scores pairs in their order, on the device that `settings` name."""
    device = resolve_device(settings.device)
    dtype = resolve_precision(settings.precision, device)
    budget = batch_tokens(settings.batch_tokens, device)
    cross_encoder.model.to(device)

    def score(pairs: Sequence[TextPair], on_batch: Callable[[int], object]) -> np.ndarray:
        import torch

        batches = token_batches(
            pairs,
            cross_encoder.packed_tokens,
            padding_id=int(cross_encoder.tokenizer.pad_token_id),
            batch_tokens=budget,
            most_tokens=cross_encoder.pair_length,
        )
        # Kept on the device until the end: fetching each batch would wait for it.
        logits_N = torch.empty(len(pairs), dtype=torch.float32, device=device)
        with torch.inference_mode(), autocast(device, dtype):
            for batch in made_ahead(batches):
                rows_B = torch.from_numpy(batch.rows_B).to(device, non_blocking=True)
                logits_N[rows_B] = _forward(cross_encoder, batch, device)
                on_batch(len(batch.rows_B))
        return logits_N.cpu().numpy()

    with _kernels(cross_encoder, device, dtype):
        yield score


def _forward(cross_encoder: CrossEncoder, batch: TokenBatch, device: torch.device) -> Tensor:
    import torch

    packed_BL = torch.from_numpy(batch.input_ids_BL).to(device, non_blocking=True)
    mask_BL = torch.from_numpy(batch.attention_mask_BL).to(device, non_blocking=True)
    return cross_encoder.logits(packed_BL, mask_BL)


@contextmanager
def _kernels(
    cross_encoder: CrossEncoder, device: torch.device, dtype: torch.dtype
) -> Iterator[None]:
    if device.type != "cpu":
        yield
        return
    from trisampler.encoders.cpu_kernels import cpu_kernels

    with cpu_kernels(cross_encoder.model, cross_encoder.model, dtype):
        yield
