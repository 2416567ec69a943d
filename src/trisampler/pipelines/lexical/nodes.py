"""Nodes that search with BM25."""

from __future__ import annotations

import polars as pl

from trisampler.search.settings import LexicalSettings, RetrievalSettings


def search_with_bm25(
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    train_judgements: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    lexical: LexicalSettings,
    retrieval: RetrievalSettings,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The lexical candidates of training queries, and the BM25 runs on dev and test."""
    from trisampler.corpora.documents import document_texts
    from trisampler.search.lexical import LexicalIndex

    index = LexicalIndex.build(document_texts(corpus), corpus["doc_id"].to_list(), lexical)

    def search(judgements: pl.DataFrame, depth: int) -> pl.DataFrame:
        asked = queries.join(judgements.select("query_id").unique(), on="query_id", how="semi")
        return index.search(asked, depth)

    return (
        search(train_judgements, retrieval.depth),
        search(dev_judgements, lexical.depth),
        search(test_judgements, lexical.depth),
    )
