"""The one text of a document that encoders and BM25 are given."""

from __future__ import annotations

import polars as pl


def document_texts(corpus: pl.DataFrame) -> list[str]:
    """Title and text joined by a space, without surrounding white space, in the corpus' order."""
    pairs = zip(corpus["title"].to_list(), corpus["text"].to_list(), strict=True)
    return [f"{title} {text}".strip() for title, text in pairs]
