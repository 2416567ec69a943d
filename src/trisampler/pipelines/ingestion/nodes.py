"""Nodes that read and check the raw data, and keep some judgements back."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.corpora.corpus import Corpus
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.reading import read_corpus as read_documents
from trisampler.corpora.settings import AuditSettings, PreparationSettings, SourceSettings
from trisampler.incremental.outside import reads_outside


@reads_outside("source", digest_source)
def read_source(
    source: SourceSettings, preparation: PreparationSettings, seed: int
) -> tuple[
    Corpus,
    pl.DataFrame,
    pl.DataFrame,
    pl.DataFrame,
    pl.DataFrame,
    pl.DataFrame,
    pl.DataFrame,
    dict[str, Any],
]:
    """Read the source whole, check it, and only then hand it on."""
    collection = read_collection(source, seed, preparation)
    return (
        collection.documents,
        collection.passages,
        collection.queries,
        collection.train_judgements,
        collection.dev_judgements,
        collection.test_judgements,
        collection.given_negatives,
        collection.report,
    )


@reads_outside("source", digest_source)
def read_corpus(
    source: SourceSettings,
    preparation: PreparationSettings,
    seed: int,  # noqa: ARG001
) -> tuple[Corpus, pl.DataFrame]:
    """Read the corpus alone: the first outputs of `read_source`, under the same keys.

    The key is the same because code and inputs are, the seed included, so that a corpus which
    one of the two nodes has read counts as read for the other. Judgements are not looked at: a
    document can be removed from a source that still judges it.
    """
    corpus = read_documents(source, preparation)
    return corpus, corpus.passages


def hide_judgements(
    all_train_judgements: pl.DataFrame, passages: pl.DataFrame, audit: AuditSettings, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What mining and training see, and the positives kept back to count false negatives with."""
    from trisampler.corpora.hiding import hide_judgements as hide

    return hide(all_train_judgements, passages, audit.hidden_share, seed)
