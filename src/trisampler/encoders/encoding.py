"""Texts to vectors: sorted by length, in batches of bounded size, order restored.

Shapes: N texts, B texts of a batch, L tokens, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from trisampler.encoders.precision import autocast, resolve_device, resolve_precision
from trisampler.encoders.settings import EncodingSettings, Side
from trisampler.encoders.token_batches import TokenBatch, made_ahead, token_batches

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from trisampler.encoders.encoder import Encoder

# On a CPU a batch is to stay in the cache; a GPU wants enough work to fill it.
_BATCH_TOKENS = {"cpu": 4096, "cuda": 65_536}


def encode_texts(
    encoder: Encoder, texts: Sequence[str], side: Side, settings: EncodingSettings
) -> np.ndarray:
    """Vectors (N, D) float32 of `texts`, in their order.

    The encoder moves to the device that `settings` name and stays there.
    """
    with Encoding(encoder, side, settings) as encoding:
        return encoding.encode(texts)


def batch_tokens(wanted: int | Literal["auto"], device: torch.device) -> int:
    """The most tokens of a batch on `device`, padding included."""
    return _BATCH_TOKENS.get(device.type, 16_384) if wanted == "auto" else wanted


class Encoding:
    """An encoder made ready to turn many texts of one side into vectors.

    A context manager: inside, the encoder is on its device with dropout off; afterwards it trains
    or not as before.
    """

    def __init__(self, encoder: Encoder, side: Side, settings: EncodingSettings) -> None:
        self._encoder = encoder
        self._side: Side = side
        self._device = resolve_device(settings.device)
        self._dtype = resolve_precision(settings.precision, self._device)
        self._batch_tokens = batch_tokens(settings.batch_tokens, self._device)
        self._kernels = ExitStack()

    def __enter__(self) -> Self:
        self._was_training = self._encoder.module.training
        self._encoder.to(self._device).eval()
        if self._device.type == "cpu":
            from trisampler.encoders.cpu_kernels import cpu_kernels

            tower = self._encoder.tower(self._side)
            self._kernels.enter_context(cpu_kernels(tower, tower.backbone, self._dtype))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kernels.close()
        if self._was_training:
            self._encoder.train()

    def encode(
        self, texts: Sequence[str], on_batch: Callable[[int], object] | None = None
    ) -> np.ndarray:
        """Vectors (N, D) float32 of `texts`, in their order.

        Args:
            texts: N texts.
            on_batch: told how many texts a batch held once the model is done with it.
        """
        import torch

        batches = token_batches(
            texts,
            lambda some: self._encoder.token_ids(some, self._side),
            padding_id=self._encoder.padding_id(self._side),
            batch_tokens=self._batch_tokens,
            most_tokens=self._encoder.settings.length(self._side),
        )
        # Kept on the device until the end: fetching each batch would wait for it.
        shape = (len(texts), self._encoder.dimension)
        vectors_ND = torch.empty(shape, dtype=torch.float32, device=self._device)
        with torch.inference_mode(), autocast(self._device, self._dtype):
            for batch in made_ahead(batches):
                rows_B = torch.from_numpy(batch.rows_B).to(self._device, non_blocking=True)
                vectors_ND[rows_B] = self._forward(batch)
                if on_batch is not None:
                    on_batch(len(batch.rows_B))
        return vectors_ND.cpu().numpy()

    def _forward(self, batch: TokenBatch) -> Tensor:
        import torch

        input_ids_BL = torch.from_numpy(batch.input_ids_BL).to(self._device, non_blocking=True)
        mask_BL = torch.from_numpy(batch.attention_mask_BL).to(self._device, non_blocking=True)
        vectors_BD: Tensor = self._encoder.tower(self._side)(input_ids_BL, mask_BL)
        return vectors_BD
