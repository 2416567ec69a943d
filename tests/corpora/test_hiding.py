"""Positives kept from training: how many, which, and never a query's last one."""

from __future__ import annotations

import polars as pl
import pytest

from trisampler.corpora.hiding import hide_judgements

JUDGEMENTS = pl.DataFrame(
    {
        "query_id": [f"q{row % 40}" for row in range(400)],
        "doc_id": [f"d{row}" for row in range(400)],
        "relevance": [0 if row % 10 == 0 else 1 + row % 2 for row in range(400)],
    }
)


def positive_queries(judgements: pl.DataFrame) -> set[str]:
    return set(judgements.filter(pl.col("relevance") > 0)["query_id"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_share_is_hidden_and_every_query_keeps_a_positive(share: float) -> None:
    visible, hidden = hide_judgements(JUDGEMENTS, share, seed=1)
    assert pl.concat([visible, hidden]).sort("doc_id").equals(JUDGEMENTS.sort("doc_id"))
    assert (hidden["relevance"] > 0).all()
    assert positive_queries(visible) == positive_queries(JUDGEMENTS)
    assert hidden.height == pytest.approx(share * 360, abs=40)


def test_what_is_hidden_depends_on_seed_and_ids_alone() -> None:
    _, hidden = hide_judgements(JUDGEMENTS, 0.3, seed=1)
    shuffled = JUDGEMENTS.sample(fraction=1, shuffle=True, seed=3)
    assert set(hide_judgements(shuffled, 0.3, seed=1)[1]["doc_id"]) == set(hidden["doc_id"])
    assert set(hide_judgements(JUDGEMENTS, 0.3, seed=2)[1]["doc_id"]) != set(hidden["doc_id"])


def test_a_greater_share_hides_more_of_the_same() -> None:
    few, many = (set(hide_judgements(JUDGEMENTS, share, 1)[1]["doc_id"]) for share in (0.2, 0.5))
    assert few < many


def test_where_nothing_can_be_hidden_a_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    single = JUDGEMENTS.filter(pl.col("relevance") > 0).unique("query_id")
    visible, hidden = hide_judgements(single, 0.9, seed=1)
    assert hidden.is_empty()
    assert visible.equals(single)
    assert "none to hide" in caplog.text
    caplog.clear()
    hide_judgements(single, 0.0, seed=1)
    assert not caplog.text
