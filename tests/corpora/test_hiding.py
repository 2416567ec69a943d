"""Positives kept from training: how many, which, and never a query's last one."""

from __future__ import annotations

import polars as pl
import pytest

from trisampler.corpora.hiding import hide_judgements
from trisampler.corpora.passage_cutting import PASSAGES_SCHEMA
from trisampler.hashing import unit_interval

JUDGEMENTS = pl.DataFrame(
    {
        "query_id": [f"q{row % 40}" for row in range(400)],
        "doc_id": [f"d{row}" for row in range(400)],
        "relevance": [0 if row % 10 == 0 else 1 + row % 2 for row in range(400)],
    }
)
WHOLE = pl.DataFrame(schema=PASSAGES_SCHEMA)  # no document is cut


def positive_queries(judgements: pl.DataFrame) -> set[str]:
    return set(judgements.filter(pl.col("relevance") > 0)["query_id"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_share_is_hidden_and_every_query_keeps_a_positive(share: float) -> None:
    visible, hidden = hide_judgements(JUDGEMENTS, WHOLE, share, seed=1)
    assert pl.concat([visible, hidden]).sort("doc_id").equals(JUDGEMENTS.sort("doc_id"))
    assert (hidden["relevance"] > 0).all()
    assert positive_queries(visible) == positive_queries(JUDGEMENTS)
    assert hidden.height == pytest.approx(share * 360, abs=40)


def test_what_is_hidden_depends_on_seed_and_ids_alone() -> None:
    _, hidden = hide_judgements(JUDGEMENTS, WHOLE, 0.3, seed=1)
    shuffled = JUDGEMENTS.sample(fraction=1, shuffle=True, seed=3)
    assert set(hide_judgements(shuffled, WHOLE, 0.3, seed=1)[1]["doc_id"]) == set(hidden["doc_id"])
    assert set(hide_judgements(JUDGEMENTS, WHOLE, 0.3, seed=2)[1]["doc_id"]) != set(
        hidden["doc_id"]
    )


def test_a_greater_share_hides_more_of_the_same() -> None:
    few, many = (
        set(hide_judgements(JUDGEMENTS, WHOLE, share, 1)[1]["doc_id"]) for share in (0.2, 0.5)
    )
    assert few < many


def test_whole_documents_are_hidden_by_their_own_ids() -> None:
    _, hidden = hide_judgements(JUDGEMENTS, WHOLE, 0.3, seed=1)
    expected = set()
    for (query_id,), rows in JUDGEMENTS.filter(pl.col("relevance") > 0).group_by("query_id"):
        chances = {
            doc: unit_interval(1, "hidden judgement", query_id, doc) for doc in rows["doc_id"]
        }
        kept = max(chances, key=chances.__getitem__)
        expected |= {doc for doc, chance in chances.items() if chance < 0.3 and doc != kept}
    assert set(hidden["doc_id"]) == expected


def test_passages_of_a_document_are_hidden_or_seen_together() -> None:
    passages = pl.DataFrame(
        [
            (f"{doc_id}#p{part}", doc_id)
            for doc_id in JUDGEMENTS["doc_id"][::2]
            for part in range(1, 4)
        ],
        schema=PASSAGES_SCHEMA,
        orient="row",
    )
    parts = passages.select(doc_id="document_id", part="doc_id")
    cut = (
        JUDGEMENTS.join(parts, on="doc_id", how="left", maintain_order="left")
        .with_columns(doc_id=pl.coalesce("part", "doc_id"))
        .drop("part")
    )
    visible, hidden = hide_judgements(cut, passages, 0.5, seed=1)
    assert pl.concat([visible, hidden]).sort("doc_id").equals(cut.sort("doc_id"))
    _, documents = hide_judgements(JUDGEMENTS, WHOLE, 0.5, seed=1)
    of = dict(passages.iter_rows())
    assert {of.get(each, each) for each in hidden["doc_id"]} == set(documents["doc_id"])
    assert not {of.get(each, each) for each in visible["doc_id"]} & set(documents["doc_id"])
    assert positive_queries(visible) == positive_queries(cut)


def test_where_nothing_can_be_hidden_a_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    single = JUDGEMENTS.filter(pl.col("relevance") > 0).unique("query_id")
    visible, hidden = hide_judgements(single, WHOLE, 0.9, seed=1)
    assert hidden.is_empty()
    assert visible.equals(single)
    assert "none to hide" in caplog.text
    caplog.clear()
    hide_judgements(single, WHOLE, 0.0, seed=1)
    assert not caplog.text
