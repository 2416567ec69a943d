from hypothesis import given
from hypothesis import strategies as st

from trisampler.evaluation.snippets import snippet


@given(st.text(), st.integers(5, 60))
def test_a_snippet_is_one_short_line_that_begins_as_the_text_does(text, characters):
    cut = snippet(text, characters)
    assert len(cut) <= characters
    assert "\n" not in cut
    assert "\x00" not in cut
    whole = snippet(text, 10**6)
    assert cut == whole or (cut[-1] == "\u2026" and whole.startswith(cut[:-1]))


def test_cut_at_a_words_end_where_one_is_near():
    assert snippet("def  f(x):\n\treturn x\x00\x85", 40) == "def f(x): return x"
    assert snippet("one two three four", 16) == "one two three\u2026"
    assert snippet("a bcdefghijklmnopqrst", 10) == "a bcdefgh\u2026"
