"""Nodes of BM25; apart from the encoder's, which this code is nothing to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trisampler.search.settings import LexicalSettings

if TYPE_CHECKING:
    from trisampler.search.lexical import LexicalIndex


def search_train_and_dev(
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    train_judgements: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    lexical: LexicalSettings,
    candidates: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lexical candidates of training queries, and the BM25 run on dev."""
    index = _index(corpus, lexical)
    return (
        index.search(_judged(queries, train_judgements), candidates),
        index.search(_judged(queries, dev_judgements), lexical.depth),
    )


def search_test(
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    test_judgements: pl.DataFrame,
    lexical: LexicalSettings,
) -> pl.DataFrame:
    """The BM25 run on test; apart from dev's, which training leads back to."""
    return _index(corpus, lexical).search(_judged(queries, test_judgements), lexical.depth)


def _index(corpus: pl.DataFrame, lexical: LexicalSettings) -> LexicalIndex:
    from trisampler.corpora.documents import document_texts
    from trisampler.search.lexical import LexicalIndex

    return LexicalIndex.build(document_texts(corpus), corpus["doc_id"].to_list(), lexical)


def _judged(queries: pl.DataFrame, judgements: pl.DataFrame) -> pl.DataFrame:
    return queries.join(judgements, on="query_id", how="semi")
