"""One optimiser step: encode a batch, compare, send the gradient back, move the weights.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from trisampler.encoders.precision import autocast, resolve_precision
from trisampler.encoders.settings import Side
from trisampler.encoders.token_batches import token_batches
from trisampler.training.attention import fast_attention
from trisampler.training.batches import Batch
from trisampler.training.examples import TrainingExamples
from trisampler.training.losses import info_nce
from trisampler.training.optimizer import build_optimizer
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

# Small ones pad less and stay in a CPU's cache; a GPU wants enough work to fill it.
_MICRO_BATCH_TOKENS = {"cpu": 2048, "mps": 8192, "cuda": 32_768}


@dataclass(frozen=True)
class StepOutcome:
    """The loss of a batch before the weights moved, and its gradient's norm before clipping."""

    loss: float
    gradient_norm: float

    @property
    def is_finite(self) -> bool:
        """Whether both are numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class Stepper:
    """Holds what the steps share: the encoder, its optimiser, the examples."""

    def __init__(
        self,
        encoder: Encoder,
        examples: TrainingExamples,
        settings: TrainingSettings,
        device: torch.device,
    ) -> None:
        self._encoder = encoder
        self._examples = examples
        self._settings = settings
        self._device = device
        self.dtype = training_precision(settings, device)
        budget = settings.micro_batch_tokens
        self._budget = _MICRO_BATCH_TOKENS[device.type] if budget == "auto" else budget
        self.optimizer = build_optimizer([encoder.module], settings.weight_decay)

    def run(self, batch: Batch, learning_rate: float, seed: int) -> StepOutcome:
        """Move the weights once, unless loss or gradient is no number.

        Args:
            batch: rows into the examples.
            learning_rate: of this step.
            seed: of this step's dropout, so that a step needs no random state from those before.
        """
        self.optimizer.zero_grad(set_to_none=True)
        self._encoder.module.train(self._settings.dropout)
        with _seeded(seed, self._device):
            loss = self.loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
        self._encoder.eval()
        norm = torch.nn.utils.clip_grad_norm_(
            self._encoder.parameters(), self._settings.gradient_clip
        )
        outcome = StepOutcome(float(loss.detach()), float(norm))
        if outcome.is_finite:
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate
            self.optimizer.step()
        return outcome

    def loss(self, batch: Batch) -> torch.Tensor:
        """The scalar loss of a batch, with its graph."""
        examples = self._examples
        return info_nce(
            self._encode([examples.query_texts[row] for row in batch.query_rows_B], "query"),
            self._encode(
                [examples.document_texts[row] for row in batch.document_rows_N], "document"
            ),
            torch.from_numpy(batch.target_B).to(self._device),
            torch.from_numpy(batch.allowed_BN).to(self._device),
            self._settings.temperature,
        )

    def _encode(self, texts: Sequence[str], side: Side) -> torch.Tensor:
        """Vectors (N, D), float32, with their graph, from micro-batches of alike lengths.

        Each micro-batch is its own autocast region: one region for all would add their gradients up
        in the low precision of its cached weights.
        """
        shorter = self._settings.document_length if side == "document" else None
        rows, vectors = [], []
        for micro_batch in token_batches(
            texts,
            lambda some: self._encoder.token_ids(some, side, shorter),
            padding_id=self._encoder.padding_id(side),
            batch_tokens=self._budget,
            most_tokens=self._encoder.settings.length(side),
        ):
            input_ids_BL = torch.from_numpy(micro_batch.input_ids_BL).to(self._device)
            mask_BL = torch.from_numpy(micro_batch.attention_mask_BL).to(self._device)
            tower = self._encoder.tower(side)
            with (
                autocast(self._device, self.dtype),
                fast_attention(tower, input_ids_BL.shape[1], self._device, self.dtype),
            ):
                vectors.append(tower(input_ids_BL, mask_BL))
            rows.append(micro_batch.rows_B)
        order_N = torch.from_numpy(np.argsort(np.concatenate(rows))).to(self._device)
        return torch.cat(vectors)[order_N]


def training_precision(settings: TrainingSettings, device: torch.device) -> torch.dtype:
    """bfloat16 or float32; float16, whose gradients underflow without loss scaling, is not used."""
    dtype = resolve_precision(settings.precision, device)
    return torch.float32 if dtype == torch.float16 else dtype


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Inside, torch's random states follow from `seed`; afterwards they are as before."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
