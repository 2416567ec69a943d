"""What a step minimises: a loss of a batch's vectors, and what of the loss itself is learned.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from trisampler.training.batches import Batch
from trisampler.training.losses import info_nce, kl_divergence, margin_mse, reversed_info_nce
from trisampler.training.settings import LEAST_LEARNED_TEMPERATURE, TrainingSettings


class Objective(nn.Module):
    """From the vectors of a batch to a scalar, float32.

    Args:
        settings: which losses, and their weights.
        normalize: whether the encoder's vectors have length 1; shortened ones then have too.
    """

    def __init__(self, settings: TrainingSettings, *, normalize: bool) -> None:
        super().__init__()
        self._settings = settings
        self._normalize = normalize
        # The logarithm of the inverse, as CLIP has it, moves by shares of itself.
        self._sharpness = nn.Parameter(
            torch.tensor(-math.log(settings.temperature)), requires_grad=settings.learn_temperature
        )

    @property
    def temperature(self) -> torch.Tensor:
        """What scores are divided by, a scalar."""
        return torch.exp(-self._sharpness)

    def keep_above_floor(self) -> None:
        """Bring a learned temperature back that a step took below its least value.

        The weight itself is brought back, as CLIP does: behind a bound on what is computed from
        it, it would have no gradient, and stay there.
        """
        if self._settings.learn_temperature:
            with torch.no_grad():
                self._sharpness.clamp_(max=-math.log(LEAST_LEARNED_TEMPERATURE))

    def forward(
        self, query_vectors_BD: torch.Tensor, document_vectors_ND: torch.Tensor, batch: Batch
    ) -> torch.Tensor:
        """The loss of a batch, its vectors in the order of the batch's rows.

        With Matryoshka dimensions (Kusupati et al. 2022) it is the mean of the losses of the whole
        vectors and of each of their beginnings.
        """
        # Products and softmax are float32 whatever precision surrounds the call.
        with torch.autocast(query_vectors_BD.device.type, enabled=False):
            losses = []
            for length in (query_vectors_BD.shape[1], *self._settings.matryoshka_dimensions):
                queries_BD, documents_ND = (
                    self._shortened(vectors.float(), length)
                    for vectors in (query_vectors_BD, document_vectors_ND)
                )
                losses.append(self._loss(queries_BD @ documents_ND.T, batch))
            return torch.stack(losses).mean()

    def _shortened(self, vectors_ND: torch.Tensor, length: int) -> torch.Tensor:
        if length == vectors_ND.shape[1]:
            return vectors_ND
        shorter_ND = vectors_ND[:, :length]
        return nn.functional.normalize(shorter_ND, dim=1) if self._normalize else shorter_ND

    def _loss(self, scores_BN: torch.Tensor, batch: Batch) -> torch.Tensor:
        settings, device = self._settings, scores_BN.device
        target_B = torch.from_numpy(batch.target_B).to(device)
        allowed_BN = torch.from_numpy(batch.allowed_BN).to(device)
        logits_BN = scores_BN / self.temperature
        loss = info_nce(logits_BN, target_B, allowed_BN)
        if settings.symmetric:
            loss = (loss + reversed_info_nce(logits_BN, target_B, allowed_BN)) / 2
        if settings.distillation == "none":
            return loss
        distilled = self._distillation(scores_BN, logits_BN, target_B, batch)
        share = settings.distillation_share
        return (1 - share) * loss + share * distilled

    def _distillation(
        self,
        scores_BN: torch.Tensor,
        logits_BN: torch.Tensor,
        target_B: torch.Tensor,
        batch: Batch,
    ) -> torch.Tensor:
        teacher_BN = torch.from_numpy(batch.teacher_BN).to(scores_BN.device)
        teacher_BN = teacher_BN / self._settings.teacher_temperature
        if self._settings.distillation == "kl":
            return kl_divergence(logits_BN, teacher_BN)
        return margin_mse(scores_BN, teacher_BN, target_B)
