"""Pairs of texts with their ids.

Shapes: X pairs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.encoders.store_format import DIGEST_BYTES
from trisampler.hashing import digest_text
from trisampler.teachers.cross_encoder import TextPair
from trisampler.teachers.errors import TeacherError


class Texts(NamedTuple):
    """Texts and their ids, which are strictly increasing."""

    texts: list[str]
    ids: list[str]


@dataclass(frozen=True)
class Pairs:
    """X pairs of a query and a document.

    Attributes:
        queries: those that a pair names.
        documents: those that a pair names.
        query_X: rows of `queries`.
        document_X: rows of `documents`.
    """

    queries: Texts
    documents: Texts
    query_X: np.ndarray
    document_X: np.ndarray

    @classmethod
    def build(cls, pairs: pl.DataFrame, queries: pl.DataFrame, corpus: pl.DataFrame) -> Self:
        """Give the pairs their texts.

        Args:
            pairs: query_id, doc_id.
            queries: query_id, text.
            corpus: doc_id, title, text.

        Raises:
            TeacherError: a pair names a query or document that has no text.
        """
        corpus_texts = pl.DataFrame({"doc_id": corpus["doc_id"], "text": document_texts(corpus)})
        query_texts, query_X = _looked_up(pairs, queries, "query_id", "query")
        texts, document_X = _looked_up(pairs, corpus_texts, "doc_id", "document")
        return cls(query_texts, texts, query_X, document_X)

    def __len__(self) -> int:
        return len(self.query_X)

    def text_pair(self, number: int) -> TextPair:
        """The texts of a pair."""
        return TextPair(
            self.queries.texts[self.query_X[number]],
            self.documents.texts[self.document_X[number]],
        )

    def named(self, number: int) -> str:
        """A pair's ids, for messages."""
        return (
            f"query {self.queries.ids[self.query_X[number]]!r}, "
            f"document {self.documents.ids[self.document_X[number]]!r}"
        )

    def digests(self) -> np.ndarray:
        """16 bytes for each pair (X,), S16: a function of the two texts alone."""
        queries, documents = (
            [digest_text(text) for text in side.texts] for side in (self.queries, self.documents)
        )
        return np.array(
            [
                hashlib.blake2b(
                    queries[query] + documents[document], digest_size=DIGEST_BYTES
                ).digest()
                for query, document in zip(self.query_X, self.document_X, strict=True)
            ],
            dtype=f"S{DIGEST_BYTES}",
        )


def _looked_up(
    pairs: pl.DataFrame, texts: pl.DataFrame, column: str, what: str
) -> tuple[Texts, np.ndarray]:
    """The texts that `pairs` name, in the order of their ids, and each pair's row among them."""
    named = texts.join(pairs, on=column, how="semi").sort(column)
    rows = pairs.select(column).join(
        named.select(column).with_row_index("row"), on=column, how="left", maintain_order="left"
    )["row"]
    if rows.null_count():
        query_id, doc_id = pairs.row(int(rows.is_null().arg_true()[0]))[:2]
        raise TeacherError(
            f"The teacher is to score query {query_id!r} with document {doc_id!r}, but there is no "
            f"text of that {what} ({rows.null_count()} such pairs). Make candidates and texts from "
            "the same data."
        )
    return Texts(named["text"].to_list(), named[column].to_list()), rows.to_numpy().astype(np.int64)
