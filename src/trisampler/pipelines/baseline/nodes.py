"""Nodes of the baselines."""

from __future__ import annotations

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.locate import digest_encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.incremental.outside import reads_outside
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
        return index.search(queries.join(judgements, on="query_id", how="semi"), depth)

    return (
        search(train_judgements, retrieval.depth),
        search(dev_judgements, lexical.depth),
        search(test_judgements, lexical.depth),
    )


@reads_outside("encoder", digest_encoder)
def load_pretrained(encoder: EncoderSettings) -> Encoder:
    """Load the pretrained encoder; from here on it is an artifact like every trained one."""
    return Encoder.load(encoder)
