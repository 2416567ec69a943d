"""Which queries and documents meet in a step: a pure function of (seed, round, step).

Any step's batch can be computed without those before it, so that an interrupted run goes on exactly
where it was. Queries are put together at random, never by length, which would tie the in-batch
negatives to length.

Legend: B queries of the batch, N its documents, Q queries, P pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trisampler.hashing import derive_seed
from trisampler.training.examples import Rows, TrainingExamples
from trisampler.training.settings import TrainingSettings


@dataclass(frozen=True)
class Batch:
    """One step's work; rows point into `TrainingExamples`.

    Attributes:
        query_rows_B: the queries, no two equal.
        document_rows_N: the documents, increasing, no two equal in id or text.
        target_B: the column of each query's positive of this visit.
        allowed_BN: which documents take part in each query's softmax: its target and its
            legitimate negatives.
    """

    query_rows_B: Rows
    document_rows_N: Rows
    target_B: Rows
    allowed_BN: npt.NDArray[np.bool_]


class Batches:
    """All batches of one round's training, by step."""

    def __init__(
        self, examples: TrainingExamples, settings: TrainingSettings, seed: int, round_number: int
    ) -> None:
        self._examples = examples
        self._settings = settings
        self._seed = seed
        self._round = round_number
        self._size = min(settings.batch_queries, len(examples))
        self.steps_per_epoch = len(examples) // self._size
        """An epoch visits each query once, except the rest that fills no batch."""
        self._epoch = -1
        self._order_Q: Rows = np.empty(0, dtype=np.int64)
        counts_Q = np.diff(examples.positive_starts)
        random = np.random.default_rng(derive_seed(seed, "positives", round_number))
        self._first_positive_Q: Rows = random.integers(counts_Q, dtype=np.int64)

    def at(self, step: int) -> Batch:
        """The batch of a step; steps count from 1."""
        epoch, slot = divmod(step - 1, self.steps_per_epoch)
        if epoch != self._epoch:
            random = np.random.default_rng(derive_seed(self._seed, "batches", self._round, epoch))
            self._epoch, self._order_Q = epoch, random.permutation(len(self._examples))
        query_rows_B = self._order_Q[slot * self._size : (slot + 1) * self._size]
        return _assemble(
            self._examples,
            query_rows_B,
            [self._visit(int(row), epoch) for row in query_rows_B],
            in_batch_negatives=self._settings.in_batch_negatives,
        )

    def _visit(self, query_row: int, epoch: int) -> tuple[int, Rows]:
        """The document row of the positive and the rows of the negatives of one visit.

        A query's positives take turns over the epochs from a random first one; so do the windows
        of a pair's negatives over the visits of that pair.
        """
        examples = self._examples
        positives = examples.positives(query_row)
        turn, lap = epoch % len(positives), epoch // len(positives)
        index = (int(self._first_positive_Q[query_row]) + turn) % len(positives)
        negatives = examples.negatives(int(examples.positive_starts[query_row]) + index)
        wanted = self._settings.negatives_per_query
        if len(negatives) > wanted:
            negatives = negatives[(lap * wanted + np.arange(wanted)) % len(negatives)]
        return int(positives[index]), negatives


def _assemble(
    examples: TrainingExamples,
    query_rows_B: Rows,
    visits: list[tuple[int, Rows]],
    *,
    in_batch_negatives: bool,
) -> Batch:
    """Merge the visits' documents, and say which of them each query may be contrasted with.

    The mask goes by document, not by similarity, which would miss a positive under dropout and hit
    a legitimate near-duplicate.
    """
    positive_rows_B = np.array([positive for positive, _ in visits], dtype=np.int64)
    document_rows_N = np.unique(
        np.concatenate([positive_rows_B, *(negatives for _, negatives in visits)])
    )
    target_B = np.searchsorted(document_rows_N, positive_rows_B)
    allowed_BN = np.full((len(visits), len(document_rows_N)), in_batch_negatives)
    for line, (query_row, (_, negatives)) in enumerate(zip(query_rows_B, visits, strict=True)):
        allowed_BN[line, np.searchsorted(document_rows_N, negatives)] = True
        allowed_BN[line, np.isin(document_rows_N, examples.positives(int(query_row)))] = False
        allowed_BN[line, target_B[line]] = True
    return Batch(query_rows_B, document_rows_N, target_B, allowed_BN)
