"""When two queries are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trisampler.corpora.query_text import normalize_query


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is  a\tquery?", " what IS a\u00a0query?\n"),
        ("caf\u00e9", "cafe\u0301"),
        ("ﬁnd 1\uff12", "find 12"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("İ", "i\u0307"),
        ("\u0345\u03b1", "\u03b9\u03b1"),
    ],
)
def test_same_query(one: str, other: str) -> None:
    assert normalize_query(one) == normalize_query(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a query", "aquery"), ("query", "query?"), ("resume", "résumé")]
)
def test_other_query(one: str, other: str) -> None:
    assert normalize_query(one) != normalize_query(other)


@given(st.text())
def test_stable(text: str) -> None:
    once = normalize_query(text)
    assert normalize_query(once) == once
    assert normalize_query(f" {text}\n") == once
