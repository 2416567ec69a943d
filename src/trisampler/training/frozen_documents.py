"""Training the query side against documents that stay: ADORE.

Zhan et al., SIGIR 2021: the documents' vectors are an index that is searched with each batch's
queries as they are, so that negatives are never stale; only the query tower learns. Which sampler
draws from what is found is free here; theirs is the top of it.

Legend: B queries, N documents, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from trisampler.encoders.settings import Side
from trisampler.training.batches import Batch, Visit, assemble
from trisampler.training.contrast import BatchLoss
from trisampler.training.examples import TrainingExamples
from trisampler.training.frozen_corpus import FrozenCorpus
from trisampler.training.live_negatives import LiveNegatives
from trisampler.training.objective import Objective
from trisampler.training.settings import TrainingSettings


class FrozenDocuments:
    """Queries against vectors of an index: their positives and negatives drawn at this step."""

    def __init__(
        self,
        objective: Objective,
        examples: TrainingExamples,
        corpus: FrozenCorpus,
        settings: TrainingSettings,
    ) -> None:
        self._objective = objective
        self._examples = examples
        self._corpus = corpus
        self._settings = settings
        self._live = LiveNegatives(corpus, examples, settings)

    def texts(self, batch: Batch) -> Sequence[tuple[Side, list[str]]]:
        """See `contrast.Contrast`: the queries alone."""
        return (("query", self._examples.queries_of(batch.query_rows_B)),)

    def loss(self, vectors: Sequence[torch.Tensor], batch: Batch, seed: int) -> BatchLoss:
        """See `contrast.Contrast`.

        Args:
            vectors: of the queries.
            batch: whose targets say which positive each query is here with.
            seed: of the draw.
        """
        (query_vectors_BD,) = vectors
        live = self.drawn(batch, query_vectors_BD, seed)
        document_vectors_ND = torch.from_numpy(self._corpus.vectors_ND[live.document_rows_N])
        value = self._objective(
            query_vectors_BD, document_vectors_ND.to(query_vectors_BD.device), live
        )
        return BatchLoss(value, len(live.document_rows_N))

    def drawn(self, batch: Batch, query_vectors_BD: torch.Tensor, seed: int) -> Batch:
        """The batch with negatives drawn now; its document rows are those of the corpus."""
        drawn = self._live.draw(
            batch.query_rows_B, query_vectors_BD.detach().float().cpu().numpy(), seed
        )
        never = [
            np.union1d(self._live.never_negatives(int(row)), each.near_duplicates)
            for row, each in zip(batch.query_rows_B, drawn, strict=True)
        ]
        visits = [
            self._visit(int(row), int(batch.document_rows_N[column]), each.negatives)
            for row, column, each in zip(batch.query_rows_B, batch.target_B, drawn, strict=True)
        ]
        return assemble(
            batch.query_rows_B,
            visits,
            never,
            in_batch_negatives=self._settings.in_batch_negatives,
        )

    def _visit(self, query_row: int, target: int, of_positive: dict[int, np.ndarray]) -> Visit:
        place = int(np.flatnonzero(self._examples.positives(query_row) == target)[0])
        positive = int(self._live.positives(query_row)[place])
        negatives = of_positive.get(positive, np.empty(0, dtype=np.int64))
        scores = np.full(len(negatives), np.nan, dtype=np.float32)
        return Visit(positive, negatives, np.float32(np.nan), scores)
