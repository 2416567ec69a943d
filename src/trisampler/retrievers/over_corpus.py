"""An encoder, or BM25, over the documents of a source.

Shapes: Q queries, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.encoders.embeddings import Embeddings, embed
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.retrievers.retriever import Hit
from trisampler.search.candidates import candidates_table
from trisampler.search.dense import search_queries
from trisampler.search.flat import search_flat
from trisampler.search.lexical import LexicalIndex
from trisampler.search.settings import LexicalSettings
from trisampler.search.vectors import row_id


class EncoderRetriever:
    """Finds documents by their vectors, exactly.

    Args:
        encoder: of queries and documents.
        corpus: doc_id, title, text; sorted by doc_id.
        cache: where vectors are kept. A text that it has is not encoded again, so that work that
            was stopped goes on where it was.
        encoding: device and precision.
    """

    def __init__(
        self,
        encoder: Encoder,
        corpus: pl.DataFrame,
        cache: VectorCache,
        encoding: EncodingSettings,
    ) -> None:
        self.encoder = encoder
        self._corpus, self._cache, self._encoding = corpus, cache, encoding
        texts, ids = document_texts(corpus), corpus["doc_id"].to_list()
        self.documents = embed(encoder, texts, ids, "document", cache, encoding)

    def __len__(self) -> int:
        return self._corpus.height

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        from trisampler.encoders.encoding import encode_texts

        vectors_QD = encode_texts(self.encoder, texts, "query", self._encoding)
        ids = _numbers(len(texts))
        found = search_flat(
            Embeddings.from_array(ids, vectors_QD), self.documents, min(k, len(self))
        )
        return _hits(candidates_table(ids, self.documents.ids, found), ids, self._corpus)

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        """See `Retriever`."""
        embedded = self.embed_queries(queries)
        return search_queries(embedded, self.documents, queries["query_id"], min(k, len(self)))

    def embed_queries(self, queries: pl.DataFrame) -> Embeddings:
        """The vectors of queries, by query_id; they go through the cache too."""
        asked = queries.sort("query_id")
        texts, ids = asked["text"].to_list(), asked["query_id"].to_list()
        return embed(self.encoder, texts, ids, "query", self._cache, self._encoding)


class LexicalRetriever:
    """Finds documents by BM25.

    Args:
        corpus: doc_id, title, text; sorted by doc_id.
        settings: of BM25.
    """

    def __init__(self, corpus: pl.DataFrame, settings: LexicalSettings) -> None:
        self._corpus = corpus
        self._index = LexicalIndex.build(
            document_texts(corpus), corpus["doc_id"].to_list(), settings
        )

    def __len__(self) -> int:
        return self._corpus.height

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        ids = _numbers(len(texts))
        run = self._index.search(pl.DataFrame({"query_id": ids, "text": list(texts)}), k)
        return _hits(run, ids, self._corpus)

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        """See `Retriever`."""
        return self._index.search(queries, k)


def _numbers(count: int) -> list[str]:
    return [row_id(number) for number in range(count)]


def _hits(run: pl.DataFrame, ids: list[str], corpus: pl.DataFrame) -> list[list[Hit]]:
    """The run with its texts, a list for each of `ids`."""
    told = run.join(corpus, on="doc_id", how="left", maintain_order="left")
    by_query: dict[str, list[Hit]] = {query_id: [] for query_id in ids}
    for query_id, *hit in told.select("query_id", *Hit._fields).iter_rows():
        by_query[query_id].append(Hit(*hit))
    return list(by_query.values())
