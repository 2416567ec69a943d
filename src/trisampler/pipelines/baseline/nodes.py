"""Nodes of the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.locate import digest_encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.incremental.outside import reads_outside
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


@reads_outside("encoder", digest_encoder)
def load_pretrained(encoder: EncoderSettings) -> Encoder:
    """Load the pretrained encoder; from here on it is an artifact like every trained one."""
    return Encoder.load(encoder)


def _index(corpus: pl.DataFrame, lexical: LexicalSettings) -> LexicalIndex:
    from trisampler.corpora.documents import document_texts
    from trisampler.search.lexical import LexicalIndex

    return LexicalIndex.build(document_texts(corpus), corpus["doc_id"].to_list(), lexical)


def _judged(queries: pl.DataFrame, judgements: pl.DataFrame) -> pl.DataFrame:
    return queries.join(judgements, on="query_id", how="semi")
