"""What the rest of the pipeline starts from: checked tables in their canonical order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import polars as pl

from trisampler.corpora.corpus import Corpus

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)  # a later one keeps a query that two of them hold


@dataclass(frozen=True)
class Collection:
    """Documents, queries and judgements that fit together.

    Every text is there, every id is unique, every judgement names a document and a query that
    exist, every query is judged in exactly one split, and no two queries have the same normalised
    text.

    Attributes:
        documents: the corpus, which need not be in memory; `corpus` is all of it as a table. All
            passages of a judged document are judged as it is.
        queries: query_id, text (String); sorted by query_id; the queries of all splits. Where some
            say which source they come from, there is a column source, "" for those that do not.
        train_judgements: query_id, doc_id (String), relevance (Int32, at least 0); sorted by
            query_id and doc_id; at least one relevance is positive.
        dev_judgements: the same, possibly empty.
        test_judgements: the same, possibly empty.
        given_negatives: query_id, doc_id (String), rank (Int32); what the source itself names as
            negatives of training queries, ranked from 1 in its order; sorted by query_id and rank;
            a document once for a query; empty where the source names none. One that is judged
            relevant may be among them: it shows its worth where that judgement is hidden, and
            drawing refuses it where it is not.
        report: what was read, counted, repaired, merged and held out; plain JSON values.
    """

    documents: Corpus
    queries: pl.DataFrame
    train_judgements: pl.DataFrame
    dev_judgements: pl.DataFrame
    test_judgements: pl.DataFrame
    given_negatives: pl.DataFrame
    report: dict[str, Any]

    @property
    def corpus(self) -> pl.DataFrame:
        """doc_id, title, text (String); sorted by doc_id."""
        return self.documents.table()

    @property
    def passages(self) -> pl.DataFrame:
        """doc_id, document_id (String): what of the corpus is a passage of which document."""
        return self.documents.passages

    def judgements(self, split: Split) -> pl.DataFrame:
        """The judgements of one split."""
        tables = {
            "train": self.train_judgements,
            "dev": self.dev_judgements,
            "test": self.test_judgements,
        }
        return tables[split]
