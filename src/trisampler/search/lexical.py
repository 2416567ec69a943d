"""BM25: the lexical baseline, and a source of candidates.

Shapes: Q queries, N documents, M documents that share a word with the query.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from trisampler.progress import progress_bar
from trisampler.search.arrays import Float32, Int64
from trisampler.search.candidates import ranked_table
from trisampler.search.errors import SearchError
from trisampler.search.order import best_keys, order_keys, rows_of, scores_of
from trisampler.search.settings import LexicalSettings
from trisampler.search.words import WordStems

if TYPE_CHECKING:
    import bm25s

_MANY = 2000


@dataclass(frozen=True)
class LexicalIndex:
    """Documents by the words in them, scored by BM25 as Lucene computes it.

    score(q, d) is the sum over the words t of q, each as often as it stands there, of
    ln(1 + (N - n_t + 0.5) / (n_t + 0.5)) * f / (f + k1 (1 - b + b |d| / mean |d|)), where n_t
    documents have t, f times in d, and |d| counts words. Robertson and Zaragoza, "The
    Probabilistic Relevance Framework", 2009; the variant is that of Kamphuis et al., "Which BM25 Do
    You Mean?", ECIR 2020.

    Attributes:
        ids: of the documents, strictly increasing.
        stems: turns texts into words.
        vocabulary: number of each word.
        scorer: what holds the words' scores; None where no document has a word.
    """

    ids: Sequence[str]
    stems: WordStems
    vocabulary: dict[str, int]
    scorer: bm25s.BM25 | None

    @classmethod
    def build(cls, texts: Sequence[str], ids: Sequence[str], settings: LexicalSettings) -> Self:
        """Index documents.

        Args:
            texts: what is searched in, one a document.
            ids: of the documents, strictly increasing, for rows break ties.
            settings: of BM25 and of the words.

        Raises:
            SearchError: there are no documents, or their ids are out of order.
        """
        _check(texts, ids)
        stems = WordStems(settings.language)
        vocabulary: dict[str, int] = {}
        words_of_documents: list[list[int]] = []
        for text in texts:
            words = stems.of(text)
            words_of_documents.append([vocabulary.setdefault(w, len(vocabulary)) for w in words])
        scorer = _scorer(words_of_documents, vocabulary, settings) if vocabulary else None
        return cls(ids, stems, vocabulary, scorer)

    def search(self, queries: pl.DataFrame, depth: int) -> pl.DataFrame:
        """The run: at most `depth` documents of each query, only such that share a word with it.

        Args:
            queries: query_id and text.
            depth: how many documents of a query.

        Returns:
            A run table; queries without results have no lines. Scores are float32.
        """
        asked = queries.sort("query_id")
        keys = [self._best(text, depth) for text in _watched(asked["text"].to_list())]
        counts_Q = np.array([len(each) for each in keys], dtype=np.int64)
        keys_P = np.concatenate([np.empty(0, dtype=np.int64), *keys])
        query_ids = asked["query_id"].to_list()
        return ranked_table(query_ids, self.ids, counts_Q, rows_of(keys_P), scores_of(keys_P))

    def _best(self, text: str, depth: int) -> Int64:
        """Order keys of the best documents that share a word with `text`."""
        words = [self.vocabulary[word] for word in self.stems.of(text) if word in self.vocabulary]
        if self.scorer is None or not words:
            return np.empty(0, dtype=np.int64)
        scores_N: Float32 = self.scorer.get_scores_from_ids(words)
        rows_M = np.flatnonzero(scores_N > 0)
        keys_1M = order_keys(scores_N[rows_M], rows_M)[None]
        return best_keys(keys_1M, depth).reshape(-1)


def _check(texts: Sequence[str], ids: Sequence[str]) -> None:
    if not ids:
        raise SearchError("There are no documents to index: the corpus is empty.")
    if len(texts) != len(ids):
        raise SearchError(f"{len(texts)} texts cannot have {len(ids)} ids: give one each.")
    for former, latter in pairwise(ids):
        if former >= latter:
            raise SearchError(
                f"Document id {latter!r} comes after {former!r}: expected ids in increasing order, "
                "each once. Sort the corpus by doc_id."
            )


def _scorer(
    words_of_documents: list[list[int]], vocabulary: dict[str, int], settings: LexicalSettings
) -> bm25s.BM25:
    import bm25s

    # bm25s lowers its logger's threshold to DEBUG, which any root handler then prints.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    scorer = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene", backend="numpy")
    tokens = (words_of_documents, vocabulary)
    scorer.index(tokens, create_empty_token=False, show_progress=False)
    return scorer


def _watched(texts: list[str]) -> Iterator[str]:
    """The texts, with a progress bar where there are many."""
    if len(texts) < _MANY:
        yield from texts
        return
    with progress_bar(len(texts), "searching with BM25", "query") as bar:
        for text in texts:
            yield text
            bar.update()
