"""The user's own negatives as a pool: ranked, without scores, for some of the queries."""

from __future__ import annotations

import polars as pl
import pytest

from negatives.world import clustered
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.lists import CandidateLists
from trisampler.negatives.pools import Pools

GIVEN = {"pools": ("given",), "negatives": 3}


@pytest.fixture(scope="module")
def world():
    """Every second query has eight of its BM25 hits as negatives of its own."""
    world = clustered()
    some = pl.col("query_id").is_in(world.queries.ids[::2])
    given = world.lexical.filter(some & (pl.col("rank") <= 8)).drop("score")
    return world.replaced(given=given)


def test_negatives_are_the_given_ones_with_scores_of_the_vectors(world):
    table = world.draw("top-k", **GIVEN).table.filter(source="given")
    named = table.join(
        world.given, left_on=["query_id", "negative_id"], right_on=["query_id", "doc_id"]
    )
    assert named.height == table.height > 0
    assert (named["rank"] == named["rank_right"]).all()
    for row in table.iter_rows(named=True):
        expected = world.query_vector(row["query_id"]) @ world.document_vector(row["negative_id"])
        assert row["s_q_neg"] == pytest.approx(expected, abs=1e-6)


def test_queries_without_given_negatives_fall_back_and_are_counted(world):
    drawn = world.draw("top-k", **GIVEN)
    with_given = set(world.given["query_id"])
    sources = dict(drawn.table.group_by("query_id").agg(pl.col("source").unique()).iter_rows())
    assert set(sources) == set(world.positives())
    for query_id, source in sources.items():
        assert source == (["given"] if query_id in with_given else ["fallback"])
    without = sum(
        len(found) for query, found in world.positives().items() if query not in with_given
    )
    assert drawn.diagnostics["shortfalls"]["fallback_pairs"] == without > 0


def test_they_mix_with_other_pools(world):
    drawn = world.draw("top-k", pools=("given", "encoder"), negatives=8).table
    assert set(drawn["source"]) == {"given", "encoder"}
    assert drawn.select("query_id", "positive_id", "negative_id").is_unique().all()


def test_a_sampler_that_takes_them_in_order_begins_with_the_first(world):
    table = world.draw("bm25", **GIVEN).table.filter(source="given")
    ranks = table.group_by("query_id", "positive_id", maintain_order=True).agg("rank")["rank"]
    positives = world.positives()
    for (query_id, positive_id), own in zip(
        table.select("query_id", "positive_id").unique(maintain_order=True).iter_rows(),
        ranks,
        strict=True,
    ):
        listed = world.given.filter(query_id=query_id)
        free = listed.filter(~pl.col("doc_id").is_in(positives[query_id]))["rank"]
        assert own.to_list() == free.head(3).to_list(), positive_id


def test_row_order_and_blocks_change_nothing(world):
    whole = world.draw("tri", **GIVEN)
    shuffled = world.replaced(given=world.given.sample(fraction=1.0, shuffle=True, seed=3))
    assert shuffled.draw("tri", **GIVEN).table.equals(whole.table)
    assert world.draw("tri", block_pairs=1, **GIVEN).table.equals(whole.table)


def test_a_judged_positive_is_refused_and_one_whose_judgement_is_hidden_is_not(world):
    query_id, positives = next(iter(sorted(world.positives().items())))
    kept, hidden = sorted(positives)
    given = pl.DataFrame(
        {"query_id": query_id, "doc_id": [hidden], "rank": [1]}, schema=world.given.schema
    )
    own = {"guard": 0.0, **GIVEN}
    judged = world.replaced(given=given).draw("top-k", **own).table.filter(query_id=query_id)
    assert set(judged["source"]) == {"fallback"}
    assert hidden not in set(judged["negative_id"])
    seen = world.replaced(
        given=given, judgements=world.judgements.filter(pl.col("doc_id") != hidden)
    )
    drawn = seen.draw("top-k", **own).table.filter(query_id=query_id, positive_id=kept)
    assert drawn.select("negative_id", "source").rows() == [(hidden, "given")]


def test_asked_for_and_not_there(world):
    with pytest.raises(NegativesError, match="the source names no negatives"):
        world.replaced(given=world.given.clear()).draw("top-k", **GIVEN)
    assert world.replaced(given=world.given.clear()).draw("top-k").table.height > 0


def test_the_encoders_pool_needs_scores(world):
    import numpy as np

    lists = CandidateLists(np.array([0, 1]), np.array([0]), np.array([1], np.int32), scores_X=None)
    with pytest.raises(NegativesError, match="no column 'score'"):
        Pools(("encoder",), {"encoder": lists}, 8)
    assert Pools(("given",), {"given": lists}, 8).width == 1
