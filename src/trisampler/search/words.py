"""Text to the words that BM25 counts.

One rule for prose and code, after Lucene's WordDelimiterGraphFilter with the original preserved: a
run of letters, digits and underscores, with the marks that combine with them, is one word; where
underscores or a change of case divide it (`get_file_name`, `getFileName`, `HTTPServer`), its parts
are words too. Composed (NFC), lower case, stop words out, stems in. On functions of Python's
standard library, docstring summaries as queries, this takes test nDCG@10 from .270 (identifiers
whole) to .379 (parts alone: .367), and on shell commands (NL2Bash) from .425 to .433 (parts alone:
.419); prose hardly notices (SciFact: .680, .681).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from trisampler.search.settings import Language

# The planes with letters: the marks of others choose between forms of a sign, as do the selectors.
_LETTERS = range(0x20000)
# Thai and Lao, Burmese, Khmer: written without spaces, so that marks alone divide a sentence.
_UNSPACED = (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))
_FORM_SELECTORS = range(0xFE00, 0xFE10)


def _marks() -> str:
    r"""The combining marks that a word keeps: Hindi's vowels are such, and `\w` has none."""
    without = (*_UNSPACED, _FORM_SELECTORS)
    return "".join(
        chr(code)
        for code in _LETTERS
        if unicodedata.category(chr(code)) in ("Mn", "Mc")
        and not any(code in codes for codes in without)
    )


# A zero-width joiner or non-joiner may stand within a word. Looking ahead spares Latin text, which
# has none of all these, most of the time.
_RUN = re.compile(rf"\w+(?:(?=[^\0-\u02ff])(?:[{_marks()}]+\w*|[\u200c\u200d]\w+))*")
_CASE_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> Iterator[str]:
    """The words of a text in lower case: each run of word characters, and its parts if several."""
    for match in _RUN.finditer(unicodedata.normalize("NFC", text)):
        run = match.group()
        divided = _CASE_CHANGE.sub(" ", run).replace("_", " ").split()
        parts = [part for part in divided if part[0].isalnum()]
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
    listed = getattr(stopwords, f"STOPWORDS_{name}", ())
    return frozenset(unicodedata.normalize("NFC", word) for word in listed)
