"""What a batch's queries are contrasted with, and the loss that follows.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from trisampler.encoders.settings import Side
from trisampler.training.batches import Batch
from trisampler.training.examples import TrainingExamples
from trisampler.training.objective import Objective


@dataclass(frozen=True)
class BatchLoss:
    """What a batch came to.

    Attributes:
        value: The loss, a scalar.
        documents: How many different ones the queries were contrasted with.
    """

    value: torch.Tensor
    documents: int

    def detached(self) -> BatchLoss:
        """The same without a graph."""
        return replace(self, value=self.value.detach())


class Contrast(Protocol):
    """From a batch to its loss, by way of the texts whose vectors are trained."""

    def texts(self, batch: Batch) -> Sequence[tuple[Side, list[str]]]:
        """The texts to encode, side by side."""
        ...

    def loss(self, vectors: Sequence[torch.Tensor], batch: Batch, seed: int) -> BatchLoss:
        """The loss, with its graph.

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

    def loss(self, vectors: Sequence[torch.Tensor], batch: Batch, seed: int) -> BatchLoss:
        """See `Contrast`; the seed is not needed."""
        del seed
        query_vectors_BD, document_vectors_ND = vectors
        value = self.objective(query_vectors_BD, document_vectors_ND, batch)
        return BatchLoss(value, len(batch.document_rows_N))
