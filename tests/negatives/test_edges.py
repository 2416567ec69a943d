"""Input at the edge of what makes sense: each has a defined outcome, counted or named."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from negatives.world import build, clustered, judgements_table, ranked, unit
from trisampler.encoders.embeddings import Embeddings
from trisampler.negatives import SAMPLERS, NegativesError, Sampler, Stage

MINED = [name for name in SAMPLERS if name != "in-batch"]


def circle(*angles):
    return [[np.cos(angle), np.sin(angle)] for angle in angles]


@pytest.fixture(scope="module")
def world():
    return clustered(queries=6, documents=40, depth=10)


@pytest.mark.parametrize("name", MINED)
def test_fewer_documents_than_asked_for_gives_what_there_is(name):
    world = build(circle(0.0), circle(0.5, 0.8, 1.4), [(0, 0, 1)])
    drawn = world.draw(name, negatives=6)
    assert sorted(drawn.table["negative_id"]) == ["d001", "d002"]
    assert drawn.diagnostics["shortfalls"]["fewer_than_asked_pairs"] == 1
    assert drawn.diagnostics["shortfalls"]["fallback_pairs"] == 0


@pytest.mark.parametrize("name", MINED)
def test_one_document_gives_a_counted_empty_pair(name):
    drawn = build(circle(0.0), circle(0.5), [(0, 0, 1)]).draw(name)
    assert drawn.table.is_empty()
    assert drawn.diagnostics["shortfalls"]["empty_pairs"] == 1
    json.dumps(drawn.diagnostics, allow_nan=False)


@pytest.mark.parametrize("name", MINED)
def test_all_documents_positive_gives_counted_empty_pairs(name):
    drawn = build(circle(0.0), circle(0.5, 1.0), [(0, 0, 1), (0, 1, 2)]).draw(name)
    assert drawn.table.is_empty()
    assert drawn.diagnostics["shortfalls"]["empty_pairs"] == 2


@pytest.mark.parametrize("name", [name for name in MINED if name not in ("random", "bm25")])
def test_a_query_without_candidates_falls_back_to_random_documents(world, name):
    query_id = world.queries.ids[2]
    poor = world.replaced(candidates=world.candidates.filter(pl.col("query_id") != query_id))
    drawn = poor.draw(name, negatives=3)
    rows = drawn.table.filter(query_id=query_id)
    assert rows.height == 6
    assert (rows["source"] == "fallback").all()
    assert rows["rank"].null_count() == 6
    fallen = drawn.table.filter(source="fallback").select("query_id", "positive_id").n_unique()
    assert drawn.diagnostics["shortfalls"]["fallback_pairs"] == fallen
    assert drawn.diagnostics["shortfalls"]["no_candidates_pairs"] == 2
    others = pl.col("query_id") != query_id
    assert drawn.table.filter(others).equals(world.draw(name, negatives=3).table.filter(others))


def test_no_candidates_at_all(world):
    drawn = world.replaced(candidates=world.candidates.clear()).draw("tri", negatives=2)
    assert (drawn.table["source"] == "fallback").all()
    assert drawn.table.height == 24


def test_candidates_that_are_all_positives_fall_back(world):
    positives = world.judgements.rename({"relevance": "rank"}).with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query_id"),
        score=pl.lit(0.5, dtype=pl.Float32),
    )
    drawn = world.replaced(candidates=positives).draw("tri", negatives=2)
    assert (drawn.table["source"] == "fallback").all()
    assert drawn.diagnostics["excluded"]["judged_positive"] == 24


def test_no_weight_at_all_falls_back(world):
    drawn = world.draw("margin-pos", parameters={"margin": 10.0}, negatives=2)
    assert (drawn.table["source"] == "fallback").all()
    assert drawn.diagnostics["shortfalls"]["fallback_pairs"] == 12
    assert drawn.diagnostics["eligible_per_pair"] > 0


def test_no_candidate_leaning_to_the_positive_is_filled_by_closeness():
    world = build(circle(0.0), circle(0.8, -0.1, -0.4, -1.0), [(0, 0, 1)])
    drawn = world.draw("tri", negatives=2)
    assert drawn.diagnostics["share_leaning_to_positive"] == 0
    assert drawn.diagnostics["shortfalls"]["filled_without_weight_negatives"] == 2
    assert (drawn.table["source"] == "encoder").all()


def test_the_fall_back_differs_from_pair_to_pair_and_seed_to_seed(world):
    poor = world.replaced(candidates=world.candidates.clear())
    one, other = (poor.draw("tri", seed=seed).table["negative_id"] for seed in (0, 1))
    assert not one.equals(other)
    assert one.n_unique() > 10


def test_positives_outside_the_candidates_are_scored_from_the_vectors(world):
    positives = world.judgements.filter(pl.col("relevance") >= 1)
    without = world.candidates.join(positives, on=["query_id", "doc_id"], how="anti")
    # The ranks of those that are left stay, so the draw does too.
    assert world.replaced(candidates=without).draw("tri").table.equals(world.draw("tri").table)


def test_queries_without_positives_are_counted_and_draw_nothing(world):
    queries = world.queries.ids
    judged = judgements_table(
        [(queries[0], "d001", 1), (queries[1], "d002", 0), (queries[2], "d003", 0)]
    )
    drawn = world.replaced(judgements=judged).draw("tri")
    assert drawn.table["query_id"].unique().to_list() == [queries[0]]
    assert drawn.diagnostics["queries_without_positive"] == 2


def test_no_positives_at_all(world):
    drawn = world.replaced(judgements=world.judgements.clear()).draw("tri")
    assert drawn.table.is_empty()
    assert drawn.plane.is_empty()
    json.dumps(drawn.diagnostics, allow_nan=False)


@pytest.mark.parametrize("name", MINED)
@pytest.mark.parametrize("which", ["query", "positive", "candidate"])
def test_zero_vectors_are_counted_and_hurt_nobody(name, which):
    queries, documents = np.array(circle(0.0)), np.array(circle(0.5, 0.8, 1.4, -0.3))
    {"query": queries, "positive": documents, "candidate": documents[1:]}[which][0] = 0
    drawn = build(queries, documents, [(0, 0, 1)]).draw(name, negatives=2)
    assert drawn.table.height >= 1
    for column in ("s_q_neg", "s_q_pos", "s_pos_neg", "log_probability"):
        assert drawn.table[column].is_finite().all()
    assert drawn.diagnostics["zero_vector_pairs"] == (which != "candidate")


def spoilt(world, which, value):
    """The world with one entry of one vector replaced; candidates stay."""
    embeddings = getattr(world, which)
    matrix = embeddings.vectors()
    matrix[3 if which == "queries" else 0, 0] = value
    return world.replaced(**{which: Embeddings.from_array(embeddings.ids, matrix)})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_names_its_query(world, value):
    with pytest.raises(NegativesError, match="query 'q003'"):
        spoilt(world, "queries", value).draw("tri")


@pytest.mark.parametrize("name", ["tri", "random"])
def test_a_document_that_is_not_finite_is_named(world, name):
    with pytest.raises(NegativesError, match=r"document 'd000' is (nan|inf)"):
        spoilt(world, "corpus", np.nan).draw(name, corpus_candidates=40)


def test_overflow_of_float16_is_named():
    """Vectors whose products leave float16's range were stored as infinity."""
    vectors = np.array([[6e4, 1.0], [9e4, 1.0], [1.0, 5.0]])
    with np.errstate(over="ignore"):
        stored = vectors.astype(np.float16).astype(np.float32)
    world = build([[1.0, 0.0]], [[1.0, 0.0]] * 3, [(0, 0, 1)])
    broken = world.replaced(corpus=Embeddings.from_array(world.corpus.ids, stored))
    with pytest.raises(NegativesError, match=r"query 'q000'.*'d001' is inf.*float32"):
        broken.draw("bm25", guard=0.0)


@pytest.mark.parametrize("score", [np.nan, np.inf, None])
def test_a_candidates_score_that_is_not_finite_names_query_and_document(world, score):
    row = pl.int_range(pl.len()) == 17
    bad = world.candidates.with_columns(
        score=pl.when(row).then(pl.lit(score, dtype=pl.Float32)).otherwise("score")
    )
    query_id, doc_id = bad.row(17)[:2]
    with pytest.raises(NegativesError, match=f"query '{query_id}', document '{doc_id}'"):
        world.replaced(candidates=bad).draw("tri")


@pytest.mark.parametrize("score", [1e30, -1e30])
def test_huge_scores_are_no_reason_to_fail(world, score):
    huge = world.candidates.with_columns(
        score=pl.when(pl.col("rank") == 1).then(score).otherwise("score").cast(pl.Float32)
    )
    table = world.replaced(candidates=huge).draw("tri").table
    assert table["log_probability"].is_finite().all()


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("candidates", ("nobody", "d001", 1, 0.5), "query 'nobody', doc_id 'd001' is unknown"),
        ("candidates", ("q001", "nothing", 1, 0.5), "document 'nothing', query_id 'q001' is unkn"),
        ("candidates", ("q001", None, 1, 0.5), "document None, query_id 'q001' is unknown"),
    ],
)
def test_unknown_candidates_name_the_query(world, table, row, message):
    bad = pl.concat([world.candidates, ranked([row])])
    with pytest.raises(NegativesError, match=message):
        world.replaced(**{table: bad}).draw("tri")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("nobody", "d001", 1), "judgements: query 'nobody', doc_id 'd001' is unknown"),
        (("q001", "nothing", 1), "judgements: document 'nothing', query_id 'q001' is unknown"),
    ],
)
def test_unknown_judgements_name_the_query(world, row, message):
    bad = pl.concat([world.judgements, judgements_table([row])])
    with pytest.raises(NegativesError, match=message):
        world.replaced(judgements=bad).draw("tri")


def test_missing_columns_texts_and_pools_are_named(world):
    with pytest.raises(NegativesError, match="no column 'score'"):
        world.replaced(candidates=world.candidates.drop("score")).draw("tri")
    with pytest.raises(NegativesError, match="no text for document 'd000'"):
        world.replaced(corpus_table=world.corpus_table[1:]).draw("tri")
    doubled = pl.concat([world.corpus_table, world.corpus_table[:1]])
    with pytest.raises(NegativesError, match="twice"):
        world.replaced(corpus_table=doubled).draw("tri")


def test_a_sampler_whose_pool_was_not_given_says_so(world):
    from trisampler.negatives import SamplingSettings, draw_negatives

    with pytest.raises(NegativesError, match="pool 'lexical'"):
        draw_negatives(
            world.candidates,
            world.queries,
            world.corpus,
            world.corpus_table,
            world.judgements,
            SamplingSettings(sampler="bm25"),
            seed=0,
            round_number=1,
        )


def test_vectors_out_of_order_or_of_other_dimensions_are_refused(world):
    class Swapped:
        ids = ("q1", "q0")
        dimension = world.queries.dimension

        def vectors(self, rows=None):
            return np.zeros((2, self.dimension), dtype=np.float32)[rows]

    judged = judgements_table([("q0", "d001", 1)])
    with pytest.raises(NegativesError, match="'q0' follows 'q1'"):
        world.replaced(
            queries=Swapped(),
            judgements=judged,
            candidates=world.candidates.clear(),
            teacher=world.teacher.clear(),
        ).draw("tri")
    short = Embeddings.from_array(world.queries.ids, world.queries.vectors()[:, :4].copy())
    with pytest.raises(NegativesError, match="same encoder"):
        world.replaced(queries=short).draw("tri")


def endless(_unused=0.0):
    return Sampler(
        "endless", "encoder", (Stage(lambda s: np.full(s.s_q_cand_PK.shape, np.nan)),), "", ""
    )


def test_weights_that_are_no_numbers_name_sampler_and_query(world):
    with pytest.raises(NegativesError, match="sampler 'endless' gives query 'q000'"):
        world.draw(f"{__name__}:endless")


def test_teacher_scores_are_needed_where_they_are_used(world):
    with pytest.raises(NegativesError, match="teacher"):
        draw_without_teacher(world, sampler="margin-bins")
    with pytest.raises(NegativesError, match="teacher"):
        draw_without_teacher(world, sampler="top-k", teacher_ceiling=0.1)
    positives = world.judgements.select("query_id", "doc_id")
    partial = world.teacher.join(positives, on=["query_id", "doc_id"], how="anti")
    with pytest.raises(NegativesError, match="teacher has no score for query 'q000'"):
        world.replaced(teacher=partial).draw("margin-bins")
    doubled = pl.concat([world.teacher, world.teacher[5:6]])
    with pytest.raises(NegativesError, match="twice"):
        world.replaced(teacher=doubled).draw("margin-bins")


def draw_without_teacher(world, **settings):
    from trisampler.negatives import SamplingSettings, draw_negatives

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


def test_candidates_the_teacher_scores_high_are_dropped_and_unscored_ones_stay(world):
    high = (
        world.teacher.sample(fraction=0.5, seed=0)
        .with_columns(score=0.9)
        .cast({"score": pl.Float32})
    )
    drawn = world.replaced(teacher=high).draw("top-k", teacher_ceiling=0.1, negatives=9)
    key = ["query_id", "doc_id"]
    found = drawn.table.join(high, left_on=["query_id", "negative_id"], right_on=key, how="semi")
    assert found.is_empty()
    assert drawn.diagnostics["excluded"]["teacher"] > 0
    assert not drawn.table.is_empty()


def test_depth_beyond_the_corpus_is_no_matter():
    generator = np.random.default_rng(0)
    vectors = unit(generator.standard_normal((5, 4)))
    world = build(vectors[:2], vectors, [(0, 0, 1), (1, 1, 1)], depth=500)
    assert world.draw("tri", negatives=200).table.height == 8
