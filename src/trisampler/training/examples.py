"""What there is to learn from: train queries, their positives and the mined negatives.

Legend: Q queries, P (query, positive) pairs, M mined negatives, N documents in use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from trisampler.training.errors import TrainingError
from trisampler.training.example_tables import (
    check_negatives,
    documents_in_use,
    never_contrasted,
    texts_of_queries,
    with_teacher,
)

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrainingExamples:
    """Train pairs grouped by query, with the negatives of each pair.

    Documents that no pair and no negative names are left out. Documents of equal text are one
    document here: `document_rows` point to the first of them, so a text is never its own negative.

    Attributes:
        query_ids: Q ids, increasing.
        query_texts: their texts.
        document_ids: N ids, increasing; of each text the first id stands for all.
        document_texts: their texts, no two equal.
        positive_starts: (Q + 1,) where each query's positives begin in `positive_rows`.
        positive_rows: (P,) document rows, increasing within a query.
        negative_starts: (P + 1,) where each pair's negatives begin in `negative_rows`.
        negative_rows: (M,) document rows, in the order drawn.
        never_starts: (Q + 1,) where each query's documents begin in `never_rows`.
        never_rows: document rows that a query must not be contrasted with, increasing within a
            query: its positives and what the guard took for them.
        query_sources: Q names of where the queries come from, all "" where nobody says.
        teacher_positive: (P,) float32, another model's score of each pair; NaN where it gave none.
        teacher_negative: (M,) the same of each pair's query and the negative.
    """

    query_ids: list[str]
    query_texts: list[str]
    document_ids: list[str]
    document_texts: list[str]
    positive_starts: Rows
    positive_rows: Rows
    negative_starts: Rows
    negative_rows: Rows
    never_starts: Rows
    never_rows: Rows
    query_sources: list[str]
    teacher_positive: Scores
    teacher_negative: Scores

    @classmethod
    def build(
        cls,
        corpus: pl.DataFrame,
        queries: pl.DataFrame,
        train_judgements: pl.DataFrame,
        negatives: pl.DataFrame,
        near_duplicates: pl.DataFrame | None = None,
    ) -> TrainingExamples:
        """Group the tables by query; `negatives` may have no rows (in-batch training).

        Args:
            corpus: doc_id, title, text.
            queries: query_id, text; `source` where they come from several.
            train_judgements: query_id, doc_id, relevance.
            negatives: of these judgements; teacher_q_pos and teacher_q_neg, where they are there,
                are kept for distillation.
            near_duplicates: query_id, doc_id of what the guard kept from being drawn.

        Raises:
            TrainingError: there is no positive, an id is unknown, or the negatives were not mined
                for these judgements.
        """
        pairs = (
            train_judgements.filter(pl.col("relevance") >= 1)
            .select("query_id", positive_id="doc_id")
            .unique()
            .sort("query_id", "positive_id")
        )
        if pairs.is_empty():
            raise TrainingError(
                "the train judgements hold no positive (relevance 1 or more): there is nothing "
                "to train on; see the ingestion report for what was read"
            )
        check_negatives(pairs, negatives)
        texts = texts_of_queries(pairs, queries)
        documents = documents_in_use(pairs, negatives, corpus)
        rows = documents.select("doc_id", "row")
        pairs = (
            pairs.join(rows, left_on="positive_id", right_on="doc_id")
            .sort("query_id", "positive_id")
            .with_row_index("pair")
        )
        drawn = (
            with_teacher(negatives)
            .with_row_index("order")
            .join(pairs.select("query_id", "positive_id", "pair"), on=["query_id", "positive_id"])
            .join(rows, left_on="negative_id", right_on="doc_id")
            .sort("pair", "order")
        )
        never = never_contrasted(texts, pairs, near_duplicates, rows)
        distinct = documents.unique("row", keep="first", maintain_order=True).sort("row")
        return cls(
            query_ids=texts["query_id"].to_list(),
            query_texts=texts["text"].to_list(),
            document_ids=distinct["doc_id"].to_list(),
            document_texts=distinct["text"].to_list(),
            positive_starts=_starts(pairs["query_id"].rle_id().to_numpy(), len(texts)),
            positive_rows=pairs["row"].to_numpy().astype(np.int64),
            negative_starts=_starts(drawn["pair"].to_numpy(), len(pairs)),
            negative_rows=drawn["row"].to_numpy().astype(np.int64),
            never_starts=_starts(never["query"].to_numpy(), len(texts)),
            never_rows=never["row"].to_numpy().astype(np.int64),
            query_sources=texts["source"].to_list(),
            teacher_positive=_teacher_of_pairs(drawn, len(pairs)),
            teacher_negative=drawn["teacher_q_neg"].to_numpy(),
        )

    def __len__(self) -> int:
        """The number of queries."""
        return len(self.query_ids)

    def queries_of(self, rows: Rows) -> list[str]:
        """Texts of queries."""
        return [self.query_texts[row] for row in rows]

    def documents_of(self, rows: Rows) -> list[str]:
        """Texts of documents."""
        return [self.document_texts[row] for row in rows]

    def positives(self, query_row: int) -> Rows:
        """Document rows of all judged positives of a query."""
        start, end = self.positive_starts[query_row : query_row + 2]
        return self.positive_rows[start:end]

    def never_negatives(self, query_row: int) -> Rows:
        """Document rows that a query must not be contrasted with."""
        start, end = self.never_starts[query_row : query_row + 2]
        return self.never_rows[start:end]

    def negatives(self, pair: int) -> Rows:
        """Where the negatives of a (query, positive) pair stand, in the order drawn."""
        return np.arange(*self.negative_starts[pair : pair + 2])

    def digest(self) -> str:
        """SHA-256 over all of it, in hexadecimal."""
        digest = hashlib.sha256()
        for strings in (
            self.query_ids,
            self.query_texts,
            self.document_ids,
            self.document_texts,
            self.query_sources,
        ):
            digest.update(f"{len(strings)}\n".encode())
            for text in strings:
                digest.update(f"{len(text)}:{text}".encode())
        for rows in (
            self.positive_starts,
            self.positive_rows,
            self.negative_starts,
            self.negative_rows,
            self.never_starts,
            self.never_rows,
        ):
            digest.update(f"{len(rows)}\n".encode())
            digest.update(rows.astype("<i8").tobytes())
        for scores in (self.teacher_positive, self.teacher_negative):
            digest.update(scores.astype("<f4").tobytes())
        return digest.hexdigest()


def _starts(groups: npt.NDArray[np.generic], group_count: int) -> Rows:
    """Where each group begins in an array sorted by group; (group_count + 1,)."""
    return np.searchsorted(groups, np.arange(group_count + 1)).astype(np.int64)


def _teacher_of_pairs(drawn: pl.DataFrame, pairs: int) -> Scores:
    teacher_P: Scores = np.full(pairs, np.nan, dtype=np.float32)
    teacher_P[drawn["pair"].to_numpy()] = drawn["teacher_q_pos"].to_numpy()
    return teacher_P
