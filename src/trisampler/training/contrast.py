"""What a batch's queries are contrasted with, and the loss that follows.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from trisampler.encoders.settings import Side
from trisampler.training.batches import Batch
from trisampler.training.examples import TrainingExamples
from trisampler.training.objective import Objective


class Contrast(Protocol):
    """From a batch to its loss, by way of the texts whose vectors are trained."""

    def texts(self, batch: Batch) -> Sequence[tuple[Side, list[str]]]:
        """The texts to encode, side by side."""
        ...

    def loss(self, vectors: Sequence[torch.Tensor], batch: Batch, seed: int) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            vectors: of the texts that `texts` gave, in their order, with a graph.
            batch: the same.
            seed: of this step.
        """
        ...


@dataclass(frozen=True)
class TrainedDocuments:
    """Queries against the batch's documents, both encoded and both trained."""

    objective: Objective
    examples: TrainingExamples

    def texts(self, batch: Batch) -> Sequence[tuple[Side, list[str]]]:
        """See `Contrast`."""
        return (
            ("query", self.examples.queries_of(batch.query_rows_B)),
            ("document", self.examples.documents_of(batch.document_rows_N)),
        )

    def loss(self, vectors: Sequence[torch.Tensor], batch: Batch, seed: int) -> torch.Tensor:
        """See `Contrast`; the seed is not needed."""
        del seed
        query_vectors_BD, document_vectors_ND = vectors
        loss: torch.Tensor = self.objective(query_vectors_BD, document_vectors_ND, batch)
        return loss
