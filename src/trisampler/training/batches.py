"""Which queries and documents meet in a step: a pure function of (seed, round, step).

Any step's batch can be computed without those before it, so that an interrupted run goes on exactly
where it was. Queries are put together at random, never by length, which would tie the in-batch
negatives to length.

Legend: B queries of the batch, N its documents, Q queries, P pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trisampler.hashing import derive_seed
from trisampler.training.examples import Rows, Scores, TrainingExamples
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
        teacher_BN: another model's scores of each query with its target and its mined negatives,
            float32; NaN where it gave none, and for all other documents.
    """

    query_rows_B: Rows
    document_rows_N: Rows
    target_B: Rows
    allowed_BN: npt.NDArray[np.bool_]
    teacher_BN: Scores


class Visit(NamedTuple):
    """A query's positive and mined negatives of one epoch, with the teacher's scores of them."""

    positive: int
    negatives: Rows
    teacher_positive: np.float32
    teacher_negatives: Scores


class Batches:
    """All batches of one round's training, by step."""

    def __init__(
        self, examples: TrainingExamples, settings: TrainingSettings, seed: int, round_number: int
    ) -> None:
        self._examples = examples
        self._settings = settings
        self._seed = seed
        self._round = round_number
        self._groups = _groups(examples, one_source=settings.one_source_batches)
        self._sizes = [min(settings.batch_queries, len(group)) for group in self._groups]
        self.steps_per_epoch = sum(
            len(group) // size for group, size in zip(self._groups, self._sizes, strict=True)
        )
        """An epoch visits each query once, except the rest of a source that fills no batch."""
        self._epoch = -1
        self._of_epoch: list[Rows] = []
        counts_Q = np.diff(examples.positive_starts)
        random = np.random.default_rng(derive_seed(seed, "positives", round_number))
        self._first_positive_Q: Rows = random.integers(counts_Q, dtype=np.int64)

    def at(self, step: int) -> Batch:
        """The batch of a step; steps count from 1."""
        epoch, slot = divmod(step - 1, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._of_epoch = epoch, self._shuffled(epoch)
        query_rows_B = self._of_epoch[slot]
        return assemble(
            query_rows_B,
            [self._visit(int(row), epoch) for row in query_rows_B],
            [self._examples.never_negatives(int(row)) for row in query_rows_B],
            in_batch_negatives=self._settings.in_batch_negatives,
        )

    def _shuffled(self, epoch: int) -> list[Rows]:
        """The queries of each batch of an epoch, in the order of the steps."""
        random = np.random.default_rng(derive_seed(self._seed, "batches", self._round, epoch))
        batches = []
        for group, size in zip(self._groups, self._sizes, strict=True):
            order = group[random.permutation(len(group))]
            batches += [order[start : start + size] for start in range(0, len(order), size)]
            if len(order) % size:
                batches.pop()
        if len(self._groups) > 1:
            batches = [batches[number] for number in random.permutation(len(batches))]
        return batches

    def _visit(self, query_row: int, epoch: int) -> Visit:
        """What one visit of a query brings into the batch.

        A query's positives take turns over the epochs from a random first one; so do the windows
        of a pair's negatives over the visits of that pair.
        """
        examples = self._examples
        positives = examples.positives(query_row)
        turn, lap = epoch % len(positives), epoch // len(positives)
        index = (int(self._first_positive_Q[query_row]) + turn) % len(positives)
        pair = int(examples.positive_starts[query_row]) + index
        places = examples.negatives(pair)
        wanted = self._settings.negatives_per_query
        if len(places) > wanted:
            places = places[(lap * wanted + np.arange(wanted)) % len(places)]
        return Visit(
            int(positives[index]),
            examples.negative_rows[places],
            examples.teacher_positive[pair],
            examples.teacher_negative[places],
        )


def _groups(examples: TrainingExamples, *, one_source: bool) -> list[Rows]:
    """The queries that may meet: all of them, or those of each source."""
    if not one_source:
        return [np.arange(len(examples))]
    _, source_Q = np.unique(np.array(examples.query_sources), return_inverse=True)
    return [np.flatnonzero(source_Q == source) for source in range(source_Q.max() + 1)]


def assemble(
    query_rows_B: Rows,
    visits: Sequence[Visit],
    never_negatives: Sequence[Rows],
    *,
    in_batch_negatives: bool,
) -> Batch:
    """Merge the visits' documents, and say which of them each query may be contrasted with.

    The mask goes by document, not by similarity, which would miss a positive under dropout and hit
    a legitimate near-duplicate.

    Args:
        query_rows_B: the queries.
        visits: what each brings into the batch.
        never_negatives: the documents that each must not be contrasted with.
        in_batch_negatives: whether a query is contrasted with the others' documents too.
    """
    positive_rows_B = np.array([visit.positive for visit in visits], dtype=np.int64)
    document_rows_N = np.unique(
        np.concatenate([positive_rows_B, *(visit.negatives for visit in visits)])
    )
    target_B = np.searchsorted(document_rows_N, positive_rows_B)
    shape = (len(visits), len(document_rows_N))
    allowed_BN = np.full(shape, in_batch_negatives)
    teacher_BN = np.full(shape, np.nan, dtype=np.float32)
    for line, (visit, never) in enumerate(zip(visits, never_negatives, strict=True)):
        own = np.searchsorted(document_rows_N, visit.negatives)
        allowed_BN[line, own] = True
        allowed_BN[line, np.isin(document_rows_N, never)] = False
        allowed_BN[line, target_B[line]] = True
        teacher_BN[line, own] = visit.teacher_negatives
        teacher_BN[line, target_B[line]] = visit.teacher_positive
    # A drawn negative whose text is that of a positive is none, so its score is not learned from.
    teacher_BN[~allowed_BN] = np.nan
    return Batch(query_rows_B, document_rows_N, target_B, allowed_BN, teacher_BN)
