"""Queries to measure on that stand, word for word or nearly, among the training queries."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict

import polars as pl

from trisampler.corpora.query_text import normalize_query

OVERLAP_SCHEMA = pl.Schema(
    {
        "query_id": pl.String,
        "train_query_id": pl.String,
        "train_text": pl.String,
        "same_text": pl.Boolean,  # by `normalize_query`
        "shared_words": pl.Float64,  # Jaccard: words of both over words of either
    }
)
LEAST_SHARED = 0.8
_WORD = re.compile(r"\w+")
Words = frozenset[str]


def overlapping_queries(
    queries: pl.DataFrame, train_queries: pl.DataFrame, least: float = LEAST_SHARED
) -> pl.DataFrame:
    """The nearest training query of each query that has one near enough.

    Near are equal texts and those that share at least `least` of the words in either, whatever
    their order. All such pairs are found: by the prefix filter of Chaudhuri, Ganti and Kaushik
    (ICDE 2006), so that few pairs are compared. In scripts without spaces a run of letters is one
    word.

    Args:
        queries: query_id, text, of dev or test.
        train_queries: query_id, text.
        least: Above 0, at most 1.

    Returns:
        The columns of `OVERLAP_SCHEMA`, by query id; of equally near training queries the one with
        the smallest id.
    """
    train = train_queries.select("query_id", "text").sort("query_id").rows()
    asked = queries.select("query_id", "text").sort("query_id").rows()
    same: dict[str, int] = {}
    for place, (_, text) in enumerate(train):
        same.setdefault(normalize_query(text), place)
    nearest = _Nearest(
        [_words(text) for _, text in train], [_words(text) for _, text in asked], least
    )
    rows = []
    for query_id, text in asked:
        row, shared = same.get(normalize_query(text)), 1.0
        same_text = row is not None
        if row is None:
            row, shared = nearest(_words(text))
        if row is not None:
            rows.append((query_id, *train[row], same_text, shared))
    return pl.DataFrame(rows, schema=OVERLAP_SCHEMA, orient="row")


class _Nearest:
    """Finds the row with most words in common.

    Two sets that share `least` have at least ceil(least x size) words in common. So of each, the
    rarest (size - that + 1) hold one that both have, rarity being the same order for all.
    """

    def __init__(self, rows: list[Words], asked: list[Words], least: float) -> None:
        self._rows, self._least = rows, least
        self._frequency = Counter(word for words in (*rows, *asked) for word in words)
        self._with_word: defaultdict[str, list[int]] = defaultdict(list)
        for row, words in enumerate(rows):
            for word in self._rarest(words):
                self._with_word[word].append(row)

    def __call__(self, words: Words) -> tuple[int | None, float]:
        best, most = None, 0.0
        candidates = {row for word in self._rarest(words) for row in self._with_word.get(word, ())}
        for row in sorted(candidates):
            shared = len(words & self._rows[row]) / len(words | self._rows[row])
            if shared >= self._least and shared > most:
                best, most = row, shared
        return best, most

    def _rarest(self, words: Words) -> list[str]:
        ordered = sorted(words, key=lambda word: (self._frequency[word], word))
        # Less than a rounding error is no word more.
        return ordered[: len(words) - math.ceil(self._least * len(words) - 1e-9) + 1]


def _words(text: str) -> Words:
    return frozenset(_WORD.findall(normalize_query(text)))
