"""What there is to learn from: train queries, their positives and the mined negatives.

Legend: Q queries, P (query, positive) pairs, M mined negatives, N documents in use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.training.errors import TrainingError

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
        _check_negatives(pairs, negatives)
        texts = _texts_of_queries(pairs, queries)
        documents = _documents_in_use(pairs, negatives, corpus)
        rows = documents.select("doc_id", "row")
        pairs = (
            pairs.join(rows, left_on="positive_id", right_on="doc_id")
            .sort("query_id", "positive_id")
            .with_row_index("pair")
        )
        drawn = (
            _with_teacher(negatives)
            .with_row_index("order")
            .join(pairs.select("query_id", "positive_id", "pair"), on=["query_id", "positive_id"])
            .join(rows, left_on="negative_id", right_on="doc_id")
            .sort("pair", "order")
        )
        never = _never_negatives(texts, pairs, near_duplicates, rows)
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


def _with_teacher(negatives: pl.DataFrame) -> pl.DataFrame:
    """The columns that are used; the teacher's are NaN where it gave no score."""
    nothing = pl.lit(None, dtype=pl.Float32)
    return negatives.select(
        "query_id",
        "positive_id",
        "negative_id",
        *(
            (pl.col(name) if name in negatives.columns else nothing.alias(name)).fill_null(np.nan)
            for name in ("teacher_q_pos", "teacher_q_neg")
        ),
    )


def _teacher_of_pairs(drawn: pl.DataFrame, pairs: int) -> Scores:
    teacher_P: Scores = np.full(pairs, np.nan, dtype=np.float32)
    teacher_P[drawn["pair"].to_numpy()] = drawn["teacher_q_pos"].to_numpy()
    return teacher_P


def _check_negatives(pairs: pl.DataFrame, negatives: pl.DataFrame) -> None:
    strangers = negatives.join(pairs, on=["query_id", "positive_id"], how="anti")
    if not strangers.is_empty():
        query_id, positive_id = strangers.select("query_id", "positive_id").row(0)
        raise TrainingError(
            f"the negatives table has rows for {len(strangers)} (query, positive) rows that are no "
            f"positives of the train judgements, first query {query_id!r} with document "
            f"{positive_id!r}: mine the negatives again from these judgements"
        )
    positives = negatives.join(
        pairs, left_on=["query_id", "negative_id"], right_on=["query_id", "positive_id"], how="semi"
    )
    if not positives.is_empty():
        query_id, negative_id = positives.select("query_id", "negative_id").row(0)
        raise TrainingError(
            f"document {negative_id!r} is a judged positive of query {query_id!r} and stands in "
            "the negatives table as its negative: mine the negatives again from these judgements"
        )


def _with_source(queries: pl.DataFrame) -> pl.DataFrame:
    source = pl.col("source") if "source" in queries.columns else pl.lit("")
    return queries.select("query_id", "text", source=source)


def _never_negatives(
    texts: pl.DataFrame,
    pairs: pl.DataFrame,
    near_duplicates: pl.DataFrame | None,
    rows: pl.DataFrame,
) -> pl.DataFrame:
    """query, row: row numbers, sorted, each pair once; documents that are not in use left out."""
    positives = pairs.select("query_id", "row")
    near = positives.clear()
    if near_duplicates is not None:
        near = near_duplicates.join(rows, on="doc_id").select("query_id", "row")
    numbers = texts.select("query_id").with_row_index("query")
    return (
        pl.concat([positives, near])
        .join(numbers, on="query_id")
        .select("query", "row")
        .unique()
        .sort("query", "row")
    )


def _texts_of_queries(pairs: pl.DataFrame, queries: pl.DataFrame) -> pl.DataFrame:
    texts = (
        pairs.select("query_id")
        .unique()
        .join(_with_source(queries), on="query_id", how="left")
        .sort("query_id")
    )
    _refuse_unknown(texts, "query_id", "query of the train judgements", "queries")
    return texts


def _documents_in_use(
    pairs: pl.DataFrame, negatives: pl.DataFrame, corpus: pl.DataFrame
) -> pl.DataFrame:
    """doc_id, text, row: documents of equal text share the row; rows are dense, in id order."""
    used = pl.concat([pairs["positive_id"], negatives["negative_id"]]).unique().sort()
    documents = (
        pl.DataFrame({"doc_id": used})
        .join(corpus.select("doc_id", "title", "text"), on="doc_id", how="left")
        .sort("doc_id")
    )
    _refuse_unknown(documents, "doc_id", "document of the train pairs or negatives", "corpus")
    return (
        documents.with_columns(text=pl.Series(document_texts(documents), dtype=pl.String))
        .with_row_index("first")
        .with_columns(pl.col("first").min().over("text"))
        .select("doc_id", "text", row=pl.col("first").rank("dense").cast(pl.Int64) - 1)
    )


def _refuse_unknown(table: pl.DataFrame, column: str, what: str, where: str) -> None:
    unknown = table.filter(pl.col("text").is_null())[column]
    if len(unknown):
        raise TrainingError(
            f"{what} {unknown[0]!r} is not among the {where} ({len(unknown)} such): the tables are "
            "not of one collection; ingest again"
        )
