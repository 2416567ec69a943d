"""The audit in words."""

from __future__ import annotations

from evaluation.drawings import audit
from trisampler.evaluation.audit_table import audit_rows


def test_every_row_has_a_cell_of_every_round():
    rows = dict(audit_rows(audit(3)))
    assert all(len(cells) == 3 for cells in rows.values())
    assert rows["sampler"] == ["tri"] * 3
    assert rows["negatives"] == ["20,000"] * 3
    assert rows["difference"][0] == "-1.0% (-1.5% to -0.5%)"
    assert rows["pairs with the least and with the most M"][0] == "5.0% at 4, 60.0% at 32"
    assert rows["effective sample size of g, median (quartiles)"][0] == "42.5 (20.0 to 60.0)"
    assert rows["entropy of the first draw, in nats"][0] == "3.25"
    assert rows["pairs that fell back to random documents"][0] == "12"


def test_what_no_round_has_is_left_out():
    rows = dict(audit_rows(audit(1, hidden=0)))
    assert not [words for words in rows if "relevant" in words or "former" in words]
    assert list(dict(audit_rows(audit(2, mined=False)))) == [
        "sampler",
        "(query, positive) pairs",
        "negatives",
    ]


def test_sources_are_told_where_there_are_several():
    one, two = (dict(audit_rows(audit(1, sources=names))) for names in (["a"], ["a", "b"]))
    assert not [words for words in one if "from:" in words]
    assert [words for words in two if "from:" in words] == [
        "relevant of those from: a",
        "relevant of those from: b",
    ]
