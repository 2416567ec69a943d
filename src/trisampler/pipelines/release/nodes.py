"""Nodes that put a retriever together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoder import Encoder

if TYPE_CHECKING:
    from trisampler.release.former import FormerBundle
    from trisampler.release.writing import BundleParts
    from trisampler.search.index import Index
else:
    BundleParts, FormerBundle, Index = Any, Any, Any


def make_bundle(
    encoder: Encoder,
    corpus: pl.DataFrame,
    corpus_embeddings: Embeddings,
    index: Index,
    former_bundle: FormerBundle,
    passages: pl.DataFrame,
) -> tuple[BundleParts, dict[str, Any]]:
    """The parts of the bundle and the report of what changed."""
    from trisampler.release.report import release_report
    from trisampler.release.writing import BundleParts

    parts = BundleParts.of(encoder, corpus, corpus_embeddings, index, former_bundle, passages)
    return parts, release_report(parts)
