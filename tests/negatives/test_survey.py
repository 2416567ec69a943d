"""Samplers side by side draw what each draws alone."""

from __future__ import annotations

from functools import partial

import polars as pl
import pytest

from negatives.world import clustered, judgements_table
from trisampler.negatives import SamplingSettings, draw_negatives
from trisampler.negatives.audit import false_negatives
from trisampler.negatives.survey import SURVEY_SCHEMA, survey_samplers
from trisampler.search.candidates import mark_positives

NAMES = ["random", "in-batch", "top-k", "tri", "bm25"]


@pytest.fixture(scope="module")
def world():
    return clustered(queries=25, documents=120)


@pytest.fixture(scope="module")
def hidden(world):
    """Each query's best candidate that is not judged, as if it had been kept back."""
    positives = world.judgements.select("query_id", "doc_id")
    best = (
        world.candidates.join(positives, on=["query_id", "doc_id"], how="anti")
        .sort("query_id", "rank")
        .unique("query_id", keep="first", maintain_order=True)
    )
    return judgements_table([(q, d, 1) for q, d in best.select("query_id", "doc_id").rows()])


def survey(world, settings, hidden):
    draw = partial(
        draw_negatives,
        world.candidates,
        world.queries,
        world.corpus,
        world.corpus_table,
        world.judgements,
        seed=3,
        round_number=1,
        lexical=world.lexical,
    )
    candidates = mark_positives(world.candidates, world.judgements)
    return draw, survey_samplers(draw, settings, NAMES, candidates, hidden, 0.95)


def test_each_row_is_the_samplers_own_draw(world, hidden):
    settings = SamplingSettings(sampler="tri", parameters={"sigma": 0.7}, negatives=3)
    draw, surveyed = survey(world, settings, hidden)
    assert surveyed.table.schema == SURVEY_SCHEMA
    assert surveyed.table["sampler"].to_list() == NAMES
    for row in surveyed.table.iter_rows(named=True):
        own = SamplingSettings(
            sampler=row["sampler"],
            parameters={"sigma": 0.7} if row["sampler"] == "tri" else {},
            negatives=3,
        )
        alone = draw(own)
        assert row["negatives"] == alone.table.height
        assert row["false_negatives"] == false_negatives(alone.table, hidden).height
        if alone.table.height:
            rate = row["false_negatives"] / row["negatives"]
            assert row["false_negative_rate"] == pytest.approx(rate, abs=1e-6)
            low, value, high = (row[f"false_negative_rate{end}"] for end in ("_low", "", "_high"))
            assert low <= value <= high
        shown = surveyed.plane.filter(sampler=row["sampler"]).drop("sampler")
        assert shown.equals(alone.plane)


def test_effective_sizes_are_those_of_the_weights(world, hidden):
    sizes = dict(
        survey(world, SamplingSettings(negatives=3), hidden)[1]
        .table.select("sampler", "effective_sample_size")
        .iter_rows()
    )
    eligible = world.draw("top-k", negatives=3).diagnostics["eligible_per_pair"]
    assert sizes["top-k"] == pytest.approx(eligible, rel=1e-6)
    assert sizes["bm25"] == 1  # a ranked list leaves nothing to chance
    assert sizes["random"] == pytest.approx(120 - 2)
    assert 1 < sizes["tri"] < sizes["top-k"]
    assert sizes["in-batch"] is None


def test_without_hidden_judgements_nothing_is_said_of_false_negatives(world, hidden):
    table = survey(world, SamplingSettings(), hidden.clear())[1].table
    for column in (name for name in SURVEY_SCHEMA if name.startswith("false_")):
        assert table[column].null_count() == len(table)
    assert table.filter(pl.col("sampler") == "tri")["negatives"][0] > 0
