"""The texts of a batch as vectors, with the graph that leads back to the weights.

Legend: B texts of a micro-batch, M texts, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import torch

from trisampler.encoders.precision import autocast, resolve_precision
from trisampler.encoders.settings import Side
from trisampler.encoders.token_batches import TokenBatch, token_batches
from trisampler.training.attention import fast_attention
from trisampler.training.embedding_gradients import gradients_by_row
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.towers import Tower

# Small ones pad less and stay in a CPU's cache; a GPU wants enough work to fill it.
_MICRO_BATCH_TOKENS = {"cpu": 2048, "mps": 8192, "cuda": 32_768}


class BatchEncoder:
    """Encodes with gradients, a micro-batch of alike lengths at a time."""

    def __init__(self, encoder: Encoder, settings: TrainingSettings, device: torch.device) -> None:
        self._encoder = encoder
        self._settings = settings
        self._device = device
        self.dtype = training_precision(settings, device)
        budget = settings.micro_batch_tokens
        self._budget = _MICRO_BATCH_TOKENS[device.type] if budget == "auto" else budget

    def micro_batches(self, texts: Sequence[str], side: Side) -> list[TokenBatch]:
        """The texts as padded token ids, each text in one micro-batch; see `token_batches`."""
        shorter = self._settings.document_length if side == "document" else None
        return list(
            token_batches(
                texts,
                lambda some: self._encoder.token_ids(some, side, shorter),
                padding_id=self._encoder.padding_id(side),
                batch_tokens=self._budget,
                most_tokens=self._encoder.settings.length(side),
            )
        )

    def encode(self, micro_batch: TokenBatch, side: Side, seed: int) -> torch.Tensor:
        """Vectors (B, D), float32, of one micro-batch.

        It is an autocast region of its own: one region for all would add their gradients up in the
        low precision of its cached weights.

        Args:
            micro_batch: its texts.
            side: the tower.
            seed: of its dropout, which is the same whenever the micro-batch is encoded with it.
        """
        input_ids_BL = torch.from_numpy(micro_batch.input_ids_BL).to(self._device)
        mask_BL = torch.from_numpy(micro_batch.attention_mask_BL).to(self._device)
        tower = self._encoder.tower(side)
        with (
            _seeded(seed, self._device, needed=tower.training),
            autocast(self._device, self.dtype),
            gradients_by_row(tower, self._device),
            self._attention(tower, input_ids_BL.shape[1]),
        ):
            vectors_BD: torch.Tensor = tower(input_ids_BL, mask_BL)
        return vectors_BD

    def no_vectors(self, side: Side) -> torch.Tensor:
        """The vectors (0, D) of no text: what a process has of fewer texts than processes.

        They want a gradient, so that the loss has a way back where all texts are others'.
        """
        dimension = self._encoder.tower(side).dimension
        return torch.empty((0, dimension), device=self._device, requires_grad=True)

    def _attention(self, tower: Tower, tokens: int) -> AbstractContextManager[None]:
        if self._settings.gradient_checkpointing:
            # What is computed again must be computed the same way, and that is after this.
            return nullcontext()
        return fast_attention(tower, tokens, self._device, self.dtype)


def in_order(vectors: Sequence[torch.Tensor], micro_batches: Sequence[TokenBatch]) -> torch.Tensor:
    """The vectors of all micro-batches (M, D), in the order of the texts."""
    rows_M = np.concatenate([micro_batch.rows_B for micro_batch in micro_batches])
    stacked_MD = torch.cat(list(vectors))
    return stacked_MD[torch.from_numpy(np.argsort(rows_M)).to(stacked_MD.device)]


def training_precision(settings: TrainingSettings, device: torch.device) -> torch.dtype:
    """bfloat16 or float32; float16, whose gradients underflow without loss scaling, is not used."""
    dtype = resolve_precision(settings.precision, device)
    return torch.float32 if dtype == torch.float16 else dtype


@contextmanager
def _seeded(seed: int, device: torch.device, *, needed: bool) -> Iterator[None]:
    """Inside, torch's random states follow from `seed`; afterwards they are as before."""
    if not needed:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
