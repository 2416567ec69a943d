"""What a teacher's scores do to a draw, and what is told of them."""

from __future__ import annotations

import polars as pl
import pytest

from negatives.world import clustered
from trisampler.negatives import NegativesError, SamplingSettings, draw_negatives

KEY = ["query_id", "doc_id"]
MIXED = ("encoder", "lexical", "corpus")


@pytest.fixture(scope="module")
def world():
    return clustered()


@pytest.fixture(scope="module")
def partly(world):
    """A teacher that has scored every positive and half of the rest."""
    positives = world.teacher.join(world.judgements, on=KEY, how="semi")
    rest = world.teacher.join(positives, on=KEY, how="anti").sample(fraction=0.5, seed=1)
    return world.replaced(teacher=pl.concat([positives, rest]))


def scored_by(teacher, table):
    """The table with the teacher's own scores beside those that the draw wrote."""
    for column, document in (("neg", "negative_id"), ("pos", "positive_id")):
        scores = teacher.select("query_id", **{document: "doc_id", f"expected_{column}": "score"})
        table = table.join(scores, on=["query_id", document], how="left")
    return table


def without_teacher(world, **settings):
    return draw_negatives(
        world.candidates,
        world.queries,
        world.corpus,
        world.corpus_table,
        world.judgements,
        SamplingSettings(**settings),
        seed=0,
        round_number=1,
    )


@pytest.mark.parametrize("sampler", ["tri", "margin-bins", "top-k"])
def test_each_negative_has_the_teachers_scores_where_there_are_any(partly, sampler):
    table = scored_by(partly.teacher, partly.draw(sampler, pools=MIXED).table)
    assert table["teacher_q_neg"].equals(table["expected_neg"], null_equal=True)
    assert table["teacher_q_pos"].equals(table["expected_pos"], null_equal=True)
    assert table["teacher_q_pos"].null_count() == 0
    assert (table["teacher_q_neg"].null_count() == 0) == (sampler == "margin-bins")


def test_without_a_teacher_the_columns_are_empty_and_the_draw_is_the_same(world):
    plain, taught = without_teacher(world, sampler="tri"), world.draw("tri")
    columns = ["teacher_q_neg", "teacher_q_pos"]
    assert plain.table.select(pl.col(columns).is_null().all()).row(0) == (True, True)
    assert plain.table.drop(columns).equals(taught.table.drop(columns))
    assert "share_without_teacher_score" not in plain.diagnostics
    assert taught.diagnostics["share_without_teacher_score"] == 0


def test_what_is_without_a_score_is_counted(partly):
    drawn = partly.draw("top-k", negatives=5)
    assert 0.3 < drawn.diagnostics["share_without_teacher_score"] < 0.7
    nulls = drawn.table["teacher_q_neg"].null_count()
    share = nulls / drawn.table.height
    assert drawn.diagnostics["drawn_share_without_teacher_score"] == pytest.approx(share, abs=1e-5)


def test_unscored_candidates_of_ranked_pools_can_be_left_out(partly):
    kept = partly.draw("top-k", negatives=9, pools=MIXED)
    dropped = partly.draw("top-k", negatives=9, pools=MIXED, teacher_unscored="drop")
    unscored = dropped.table.filter(pl.col("teacher_q_neg").is_null())
    # Nobody scores uniform draws beforehand, so leaving them out would empty that pool.
    assert set(unscored["source"]) == {"corpus"}
    assert {"encoder", "lexical"} <= set(
        kept.table.filter(pl.col("teacher_q_neg").is_null())["source"]
    )
    assert dropped.diagnostics["excluded"]["teacher_unscored"] > 0
    assert kept.diagnostics["excluded"]["teacher_unscored"] == 0


def test_denoising_as_rocketqa_has_it(partly):
    """Only what the teacher has seen and scores low; random documents where nothing is left."""
    recipe = {"teacher_ceiling": 0.7, "teacher_unscored": "drop"}
    drawn = partly.draw("top-k", negatives=3, **recipe)
    mined = drawn.table.filter(pl.col("source") == "encoder")
    assert mined.height > 0
    assert (mined["teacher_q_neg"] < 0.7).all()
    assert drawn.diagnostics["excluded"]["teacher"] > 0
    high = partly.teacher.with_columns(pl.lit(0.9, dtype=pl.Float32).alias("score"))
    emptied = partly.replaced(teacher=high).draw("top-k", negatives=3, **recipe)
    assert set(emptied.table["source"]) == {"fallback"}
    assert emptied.table["teacher_q_neg"].null_count() == emptied.table.height
    pairs = emptied.diagnostics["pairs"]
    assert emptied.diagnostics["shortfalls"]["fallback_pairs"] == pairs


def test_what_needs_a_teacher_says_so(world):
    for settings, told in (
        ({"sampler": "margin-bins"}, "sampler=margin-bins"),
        ({"sampler": "top-k", "teacher_ceiling": 0.5}, "teacher_ceiling=0.5"),
        ({"sampler": "top-k", "teacher_unscored": "drop"}, "teacher_unscored=drop"),
    ):
        with pytest.raises(NegativesError, match=f"{told} needs teacher scores"):
            without_teacher(world, **settings)
