"""What the audit counts is what a naive count over the tables says."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from negatives.world import clustered, judgements_table
from trisampler.corpora.hiding import hide_judgements
from trisampler.corpora.passage_cutting import PASSAGES_SCHEMA
from trisampler.negatives.audit import (
    MinedRound,
    audit_rounds,
    count_false_negatives,
    false_negatives,
    overlap,
)
from trisampler.search.candidates import mark_positives


@pytest.fixture(scope="module")
def world():
    return clustered(queries=40, positives=8)


@pytest.fixture(scope="module")
def halves(world):
    uncut = pl.DataFrame(schema=PASSAGES_SCHEMA)
    return hide_judgements(world.judgements, uncut, 0.5, seed=0)


@pytest.fixture(scope="module")
def mine(world, halves):
    """Draws negatives of one round while half of the judgements are hidden."""
    visible, _ = halves
    seen = world.replaced(judgements=visible)

    def draw(sampler="tri", **settings):
        drawn = seen.draw(sampler, **settings)
        candidates = mark_positives(world.candidates, visible)
        return MinedRound(drawn.table, candidates, drawn.diagnostics)

    return draw


def test_false_negatives_are_the_drawn_ones_that_are_judged_relevant(world, halves, mine):
    _, hidden = halves
    table = mine("top-k").negatives
    secret = set(hidden.select("query_id", "doc_id").iter_rows())
    expected = [row in secret for row in table.select("query_id", "negative_id").iter_rows()]
    assert false_negatives(table, hidden).height == sum(expected) > 0
    assert false_negatives(table, world.judgements).height == sum(expected)
    irrelevant = hidden.with_columns(relevance=pl.lit(0))
    assert false_negatives(table, irrelevant).is_empty()


@pytest.mark.parametrize(
    ("sampler", "settings"),
    [("tri", {}), ("top-k", {"pools": ("encoder", "lexical", "corpus")}), ("bm25", {})],
)
def test_counts_against_a_naive_count(halves, mine, sampler, settings):
    _, hidden = halves
    mined = mine(sampler, negatives=3, **settings)
    report = count_false_negatives(mined, hidden, 0.95)
    secret = set(hidden.select("query_id", "doc_id").iter_rows())
    offered = {}
    for row in mined.candidates.iter_rows(named=True):
        if not row["positive"]:
            offered.setdefault(row["query_id"], []).append(
                (row["query_id"], row["doc_id"]) in secret
            )
    false, expected, pairs, sources = 0, 0.0, set(), {}
    for row in mined.negatives.iter_rows(named=True):
        is_false = (row["query_id"], row["negative_id"]) in secret
        false += is_false
        expected += np.mean(offered[row["query_id"]])
        pairs |= {(row["query_id"], row["positive_id"])} if is_false else set()
        sources.setdefault(row["source"], []).append(is_false)
    drawn = mined.negatives.height
    assert report["number"] == false
    assert report["rate"]["value"] == pytest.approx(false / drawn, abs=1e-6)
    assert report["base_rate"]["value"] == pytest.approx(expected / drawn, abs=1e-6)
    difference = report["rate_minus_base_rate"]
    assert difference["value"] == pytest.approx((false - expected) / drawn, abs=2e-6)
    for interval in (report["rate"], report["base_rate"], difference):
        assert interval["low"] < interval["value"] < interval["high"]
    assert report["pairs"] == len(pairs)
    assert report["share_of_pairs"] == pytest.approx(
        len(pairs) / mined.diagnostics["pairs"], abs=1e-6
    )
    assert report["by_source"] == {
        source: {
            "negatives": len(flags),
            "number": sum(flags),
            "rate": pytest.approx(np.mean(flags), abs=1e-6),
        }
        for source, flags in sources.items()
    }


def test_the_base_rate_is_what_uniform_draws_come_to(halves, mine):
    _, hidden = halves
    reports = [
        count_false_negatives(mine("top-k", guard=0.0, negatives=2, seed=seed), hidden, 0.95)
        for seed in range(60)
    ]
    base = reports[0]["base_rate"]["value"]
    rates = [report["rate"]["value"] for report in reports]
    assert np.mean(rates) == pytest.approx(base, abs=4 * np.std(rates) / np.sqrt(60))
    differences = [report["rate_minus_base_rate"] for report in reports]
    covered = np.mean([each["low"] <= 0 <= each["high"] for each in differences])
    assert covered > 0.85


def test_a_round_is_told_whole_and_as_json(halves, mine):
    _, hidden = halves
    rounds = [mine(negatives=2, round_number=number) for number in (1, 2, 3)]
    report = audit_rounds(rounds, hidden, 0.9)
    json.dumps(report, allow_nan=False)
    assert report["hidden_judgements"] == hidden.height
    assert report["hidden_queries"] == hidden["query_id"].n_unique()
    assert [each["round"] for each in report["rounds"]] == [1, 2, 3]
    for each, mined in zip(report["rounds"], rounds, strict=True):
        assert each["sampler"] == "tri"
        assert each["effective_sample_size"] == mined.diagnostics["effective_sample_size"]
        assert each["kept_by_first_stage"]["bounds"] == [2, 16]
        assert each["excluded"]["near_duplicate"] >= 0
        assert each["false_negatives"] == count_false_negatives(mined, hidden, 0.9)
    assert report["rounds"][0]["overlap_with_former_round"] is None
    key = ["query_id", "positive_id", "negative_id"]
    for (before, after), told in zip(pairwise(rounds), report["rounds"][1:], strict=True):
        earlier, later = (set(each.negatives.select(key).iter_rows()) for each in (before, after))
        share = len(earlier & later) / len(later)
        assert told["overlap_with_former_round"] == pytest.approx(share, abs=1e-6)
        assert 0 < share < 1


def test_overlap_of_a_table_with_itself_and_of_nothing(mine):
    table = mine().negatives
    assert overlap(table, table) == 1
    assert overlap(table.clear(), table) is None


def test_without_hidden_judgements_false_negatives_are_not_told(halves, mine):
    report = audit_rounds([mine()], halves[1].clear(), 0.95)
    assert report["hidden_judgements"] == 0
    assert report["rounds"][0]["false_negatives"] is None
    assert report["rounds"][0]["share_leaning_to_positive"] > 0


def test_without_negatives_there_are_no_rates(halves, mine):
    (told,) = audit_rounds([mine("in-batch")], halves[1], 0.95)["rounds"]
    assert told["false_negatives"]["number"] == 0
    assert told["false_negatives"]["rate"] is None
    assert told["false_negatives"]["base_rate"] is None
    assert told["false_negatives"]["by_source"] == {}
    assert told["share_leaning_to_positive"] is None
    json.dumps(told, allow_nan=False)


def test_a_query_without_other_candidates_has_a_base_rate_of_zero(mine):
    mined = mine()
    query_id, negative_id = mined.negatives.select("query_id", "negative_id").row(0)
    candidates = mined.candidates.filter((pl.col("query_id") != query_id) | pl.col("positive"))
    hidden = judgements_table([(query_id, negative_id, 1)])
    report = count_false_negatives(
        MinedRound(mined.negatives, candidates, mined.diagnostics), hidden, 0.95
    )
    assert report["number"] >= 1
    assert report["base_rate"]["value"] == 0
