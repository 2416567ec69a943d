"""The gradient of a batch's loss by plain automatic differentiation.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from trisampler.encoders.settings import Side
from trisampler.training.batch_encoder import BatchEncoder, in_order
from trisampler.training.batches import Batch
from trisampler.training.examples import TrainingExamples
from trisampler.training.objective import Objective


class Gradients(Protocol):
    """A way to the gradient of a batch's loss."""

    def backward(self, batch: Batch) -> torch.Tensor:
        """Add the gradient to that of every weight; returns the loss, a scalar without graph."""
        ...


class PlainGradients:
    """Keeps the graph of the whole batch: fastest, and the most memory."""

    def __init__(
        self, encoder: BatchEncoder, objective: Objective, examples: TrainingExamples
    ) -> None:
        self._encoder = encoder
        self._objective = objective
        self._examples = examples

    def loss(self, batch: Batch) -> torch.Tensor:
        """The scalar loss of a batch, with its graph."""
        query_vectors_BD = self._encode(self._examples.queries_of(batch.query_rows_B), "query")
        document_vectors_ND = self._encode(
            self._examples.documents_of(batch.document_rows_N), "document"
        )
        loss: torch.Tensor = self._objective(query_vectors_BD, document_vectors_ND, batch)
        return loss

    def backward(self, batch: Batch) -> torch.Tensor:
        """See `Gradients`."""
        loss = self.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _encode(self, texts: Sequence[str], side: Side) -> torch.Tensor:
        micro_batches = self._encoder.micro_batches(texts, side)
        return in_order([self._encoder.encode(each, side) for each in micro_batches], micro_batches)
