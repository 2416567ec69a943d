"""What a step minimises: a loss of a batch's vectors, and what of the loss itself is learned.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

import torch
from torch import nn

from trisampler.training.batches import Batch
from trisampler.training.losses import info_nce
from trisampler.training.settings import TrainingSettings


class Objective(nn.Module):
    """From the vectors of a batch to a scalar, float32."""

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__()
        self._temperature = settings.temperature

    def forward(
        self, query_vectors_BD: torch.Tensor, document_vectors_ND: torch.Tensor, batch: Batch
    ) -> torch.Tensor:
        """The loss of a batch, its vectors in the order of the batch's rows."""
        device = query_vectors_BD.device
        return info_nce(
            query_vectors_BD,
            document_vectors_ND,
            torch.from_numpy(batch.target_B).to(device),
            torch.from_numpy(batch.allowed_BN).to(device),
            self._temperature,
        )
