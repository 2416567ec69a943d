"""Texts to words."""

from __future__ import annotations

import typing

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
        ("", []),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert list(split_words(text)) == words


def test_english_has_stems_and_no_stop_words() -> None:
    assert WordStems("english").of("The running of the dogs") == ["run", "dog"]


def test_none_leaves_words_as_they_stand() -> None:
    assert WordStems("none").of("The running dogs") == ["the", "running", "dogs"]


@pytest.mark.parametrize("language", typing.get_args(Language))
def test_every_language_has_a_stemmer(language: Language) -> None:
    assert WordStems(language).of("xyzzy 42")


def test_other_languages_have_their_own_stop_words() -> None:
    assert WordStems("german").of("der Hund und die Hunde") == ["hund", "hund"]
