"""From a name to what answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.retrievers.errors import RetrieverError
from trisampler.retrievers.naming import NamedRetriever
from trisampler.retrievers.retriever import Retriever


def open_retriever(
    named: NamedRetriever,
    corpus: pl.DataFrame | None,
    cache: VectorCache,
    encoding: EncodingSettings,
) -> Retriever:
    """Open a bundle, or put an encoder or BM25 over a corpus.

    Args:
        named: what is asked for.
        corpus: doc_id, title, text, sorted by doc_id. A bundle has documents of its own.
        cache: where vectors of documents and queries are kept.
        encoding: device and precision.

    Raises:
        RetrieverError: a run file answers no queries; or there is no corpus where one is needed.
        BundleError, EncoderError: it is missing or damaged.
    """
    if named.kind == "bundle":
        from trisampler.release.bundle import Bundle
        from trisampler.retrievers.bundled import BundleRetriever

        return BundleRetriever(Bundle.load(Path(named.what), encoding))
    if named.kind == "run":
        raise RetrieverError(f"{named.what} is a run file, which answers no other queries.")
    if corpus is None:
        raise RetrieverError(f"{named.name} has no documents of its own: name a source of them.")
    from trisampler.retrievers.over_corpus import EncoderRetriever, LexicalRetriever

    if named.kind == "lexical":
        from trisampler.search.settings import LexicalSettings

        return LexicalRetriever(corpus, named.lexical or LexicalSettings())
    return EncoderRetriever(named.load_encoder(), corpus, cache, encoding)
