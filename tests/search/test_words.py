"""Texts to words."""

from __future__ import annotations

import typing
import unicodedata

import pytest

from trisampler.search.settings import Language
from trisampler.search.words import WordStems, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cats' 3 hats.", ["the", "cats", "3", "hats"]),
        ("get_file_name(x)", ["get", "file", "name", "get_file_name", "x"]),
        ("getFileName", ["get", "file", "name", "getfilename"]),
        ("parseHTTPResponse", ["parse", "http", "response", "parsehttpresponse"]),
        ("__init__", ["init"]),
        ("_ __ ", []),
        ("Größe ÄRGER naïve", ["größe", "ärger", "naïve"]),
        ("ACE2 p53", ["ace2", "p53"]),
        ("日本語 テスト", ["日本語", "テスト"]),
        ("हिन्दी भाषा की किताब", ["हिन्दी", "भाषा", "की", "किताब"]),
        ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
        ("गर्\u200dयो।", ["गर्\u200dयो"]),
        ("ภาษาไทย", ["ภาษาไทย"]),
        ("ที่ดิน", ["ท", "ด", "น"]),
        ("1\ufe0f\u20e3 \u0301 _\u0301", ["1"]),
        ("", []),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert list(split_words(text)) == words


def test_composed_and_decomposed_text_have_the_same_words() -> None:
    text = "Zürich für naïve_Übung 가나 क़लम"
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert list(split_words(decomposed)) == list(split_words(text))
    assert "zürich" in split_words(decomposed)


def test_stop_words_and_stems_of_decomposed_text() -> None:
    assert WordStems("german").of(unicodedata.normalize("NFD", "für Zürich")) == ["zurich"]


def test_words_of_hindi_keep_their_vowels() -> None:
    assert WordStems("hindi").of("हिन्दी किताब") == ["हिन्द", "किताब"]


def test_english_has_stems_and_no_stop_words() -> None:
    assert WordStems("english").of("The running of the dogs") == ["run", "dog"]


def test_none_leaves_words_as_they_stand() -> None:
    assert WordStems("none").of("The running dogs") == ["the", "running", "dogs"]


@pytest.mark.parametrize("language", typing.get_args(Language))
def test_every_language_has_a_stemmer(language: Language) -> None:
    assert WordStems(language).of("xyzzy 42")


def test_other_languages_have_their_own_stop_words() -> None:
    assert WordStems("german").of("der Hund und die Hunde") == ["hund", "hund"]
