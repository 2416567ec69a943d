import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.corpora.query_overlap import OVERLAP_SCHEMA, overlapping_queries
from trisampler.corpora.query_text import normalize_query

TEXTS = st.lists(
    st.lists(st.sampled_from("abcdefghij"), max_size=9).map(" ".join), min_size=1, max_size=12
)


def table(texts, prefix):
    ids = [f"{prefix}{index:02}" for index in range(len(texts))]
    return pl.DataFrame({"query_id": ids, "text": texts}, schema_overrides={"text": pl.String})


def by_every_pair(asked, train, least):
    """The nearest of all, by the definition."""
    for query_id, text in asked.rows():
        best = None
        for train_id, other in train.rows():
            same = normalize_query(text) == normalize_query(other)
            mine, theirs = set(normalize_query(text).split()), set(normalize_query(other).split())
            shared = 1.0 if same else len(mine & theirs) / max(1, len(mine | theirs))
            key = (same, shared)
            if (same or shared >= least) and (best is None or key > best[0]):
                best = (key, train_id, other)
        if best:
            yield query_id, best[1], best[2], best[0][0], best[0][1]


@given(TEXTS, TEXTS, st.sampled_from([0.5, 0.6, 2 / 3, 0.8, 1.0]))
@settings(deadline=None, max_examples=300)
def test_equal_to_comparing_every_pair(asked, train, least):
    asked, train = table(asked, "q"), table(train, "t")
    found = overlapping_queries(asked, train, least)
    assert found.schema == OVERLAP_SCHEMA
    assert found.rows() == list(by_every_pair(asked, train, least))
    shuffled = train.sample(fraction=1.0, shuffle=True, seed=1)
    assert overlapping_queries(asked, shuffled, least).equals(found)


@pytest.mark.parametrize(
    ("text", "other", "same", "shared"),
    [
        ("How to  sort a LIST", "how to sort a list", True, 1.0),
        ("how to sort a list?", "list: how to sort a", False, 1.0),
        ("how to sort a list", "how to sort a list quickly", False, 5 / 6),
        ("how to sort one list", "how to sort the list", None, None),
        ("sort", "sort list", None, None),
        ("???", "!!!", None, None),
        ("\u2026", "...", True, 1.0),
    ],
)
def test_what_is_near(text, other, same, shared):
    found = overlapping_queries(table([text], "q"), table(["something else", other], "t"))
    assert found["same_text"].to_list() == ([] if same is None else [same])
    assert found["shared_words"].to_list() == ([] if same is None else [pytest.approx(shared)])


def test_without_training_queries_there_is_no_overlap():
    assert overlapping_queries(table(["a"], "q"), table([], "t")).schema == OVERLAP_SCHEMA
    assert overlapping_queries(table([], "q"), table(["a"], "t")).is_empty()
