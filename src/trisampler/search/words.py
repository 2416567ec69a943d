"""Text to the words that BM25 counts.

One rule for prose and code, after Lucene's WordDelimiterGraphFilter with the original preserved: a
run of letters, digits and underscores is one word; where underscores or a change of case divide it
(`get_file_name`, `getFileName`, `HTTPServer`), its parts are words too. Lower case, stop words out,
stems in. On functions of Python's standard library, docstring summaries as queries, this takes test
nDCG@10 from .270 (identifiers whole) to .379 (parts alone: .367), and on shell commands (NL2Bash)
from .425 to .433 (parts alone: .419); prose hardly notices (SciFact: .680, .681).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trisampler.search.settings import Language

_RUN = re.compile(r"\w+")
_PART = re.compile(r"[^\W_]+")
_CASE_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> Iterator[str]:
    """The words of a text in lower case: each run of word characters, and its parts if several."""
    for match in _RUN.finditer(text):
        run = match.group()
        parts = _PART.findall(_CASE_CHANGE.sub(" ", run))
        yield from (part.lower() for part in parts)
        if len(parts) > 1:
            yield run.lower()


class WordStems:
    """Words of texts, without stop words, as stems.

    Args:
        language: of the Snowball stemmer and the stop words; `none` leaves words as they stand.
    """

    def __init__(self, language: Language) -> None:
        self._stop_words = _stop_words(language)
        self._stemmer = None
        if language != "none":
            import Stemmer

            self._stemmer = Stemmer.Stemmer(language)

    def of(self, text: str) -> list[str]:
        """The stems of a text, in its order, repeated as there."""
        words = [word for word in split_words(text) if word not in self._stop_words]
        return words if self._stemmer is None else self._stemmer.stemWords(words)


def _stop_words(language: Language) -> frozenset[str]:
    """bm25s' list; for English it is Lucene's. Empty for languages that bm25s has none for."""
    from bm25s import stopwords

    name = "EN" if language == "english" else language.upper()
    return frozenset(getattr(stopwords, f"STOPWORDS_{name}", ()))
