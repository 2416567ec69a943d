"""What must never be a negative, whatever the sampler and the pools."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negatives.world import build, unit
from trisampler.negatives import SAMPLERS

GUARD = 0.1
POOLS = [(), ("encoder", "lexical", "given", "neighbours", "corpus"), ("neighbours",)]
DRAWS = [(name, pools) for name in SAMPLERS for pools in POOLS if name != "random" or not pools]


def dirty_world(seed, documents=60, queries=8, dimension=8):
    """Copies of texts, near-copies of vectors, several positives, some judged irrelevant."""
    generator = np.random.default_rng(seed)
    vectors = unit(generator.standard_normal((documents, dimension)))
    texts = [f"text {row}" for row in range(documents)]
    judgements = {}
    for query in range(queries):
        for document in generator.choice(documents, generator.integers(1, 5), replace=False):
            judgements[query, int(document)] = int(generator.integers(0, 3))
    positives = [document for (_, document), relevance in judgements.items() if relevance]
    for document in positives[::2]:
        near, same = generator.choice(documents, 2, replace=False)
        vectors[near] = unit(vectors[document] + 0.02 * generator.standard_normal(dimension))
        texts[same] = texts[document]
    texts[1] = texts[0]
    asked = unit(
        vectors[generator.choice(positives or [0], queries)]
        + 0.5 * generator.standard_normal((queries, dimension))
    )
    rows = [(query, document, relevance) for (query, document), relevance in judgements.items()]
    return build(asked, vectors, rows, texts=texts, depth=25)


def cosine(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def check(world, table):
    text = dict(world.corpus_table.select("doc_id", "text").iter_rows())
    positives = world.positives()
    for (query_id, positive_id), rows in table.group_by("query_id", "positive_id"):
        drawn = rows["negative_id"].to_list()
        assert positive_id in positives[query_id]
        assert not set(drawn) & positives[query_id]
        assert len({text[name] for name in drawn}) == len(drawn)
        assert not {text[name] for name in drawn} & {text[name] for name in positives[query_id]}
        query = world.query_vector(query_id)
        for name in drawn:
            for other in positives[query_id]:
                positive = world.document_vector(other)
                distance = 1 - cosine(positive, world.document_vector(name))
                assert distance > GUARD * (1 - cosine(query, positive)) - 1e-6
    assert set(table["negative_id"]) <= set(world.corpus.ids)
    for column in ("s_q_neg", "s_q_pos", "s_pos_neg", "log_probability"):
        assert table[column].is_finite().all()
        assert table[column].null_count() == 0
    assert (table["log_probability"] <= 1e-6).all()


@pytest.mark.parametrize(("name", "pools"), DRAWS)
def test_no_sampler_draws_what_must_not_be_drawn(name, pools):
    for seed in (0, 1):
        world = dirty_world(seed)
        check(world, world.draw(name, negatives=6, guard=GUARD, pools=pools).table)


@given(st.integers(0, 10_000), st.sampled_from(DRAWS))
@settings(deadline=None, max_examples=15)
def test_nor_in_any_other_world(seed, draw):
    name, pools = draw
    world = dirty_world(seed, documents=20, queries=3, dimension=3)
    check(world, world.draw(name, negatives=6, guard=GUARD, pools=pools).table)


def test_the_hits_are_counted_by_the_first_rule_that_applied():
    query = [1.0, 0.0]
    at = [[np.cos(angle), np.sin(angle)] for angle in (0.5, 0.5, 0.52, -0.6, -0.6, 1.2)]
    texts = ["positive", "positive", "nearly", "other", "other", "far"]
    world = build([query], at, [(0, 0, 1)], texts=texts)
    drawn = world.draw("top-k", negatives=5, guard=0.1)
    assert drawn.diagnostics["excluded"] == {
        "judged_positive": 1,
        "text_identical": 1,
        "repeated": 1,
        "near_duplicate": 1,
        "teacher": 0,
        "teacher_unscored": 0,
    }
    assert sorted(drawn.table["negative_id"]) in (["d003", "d005"], ["d004", "d005"])


def test_what_the_guard_takes_for_a_positive_is_listed():
    """Of the encoder's candidates, whatever the blocks and the pool, and where nothing is drawn."""
    world = dirty_world(3)
    listed = [
        world.draw(name, guard=GUARD, pools=pools, block_pairs=blocks).near_duplicates
        for name, pools, blocks in (
            ("tri", (), None),
            ("top-k", ("encoder",), 1),
            ("in-batch", (), None),
        )
    ]
    positives, expected = world.positives(), set()
    for query_id, doc_id in world.candidates.select("query_id", "doc_id").iter_rows():
        query, document = world.query_vector(query_id), world.document_vector(doc_id)
        for positive_id in positives.get(query_id, set()) - {doc_id}:
            positive = world.document_vector(positive_id)
            near = 1 - cosine(positive, document) < GUARD * (1 - cosine(query, positive))
            if near and doc_id not in positives[query_id]:
                expected.add((query_id, doc_id))
    assert expected
    for table in listed:
        assert table.equals(listed[0])
        assert set(table.iter_rows()) == expected
    for name in ("random", "bm25"):
        table = world.draw(name, guard=GUARD).near_duplicates
        assert expected <= set(table.iter_rows())
        assert table.equals(table.unique().sort("query_id", "doc_id"))
    assert world.draw("tri", guard=0.0).near_duplicates.is_empty()


def test_the_guard_is_relative_to_the_pair_and_can_be_off():
    at = [[np.cos(angle), np.sin(angle)] for angle in (0.5, 0.52, -0.6)]
    world = build([[1.0, 0.0]], at, [(0, 0, 1)])
    close = (1 - np.cos(0.02)) / (1 - np.cos(0.5))
    assert set(world.draw("top-k", guard=close * 0.9).table["negative_id"]) == {"d001", "d002"}
    assert set(world.draw("top-k", guard=close * 1.1).table["negative_id"]) == {"d002"}
    assert set(world.draw("top-k", guard=0.0).table["negative_id"]) == {"d001", "d002"}


def test_the_guard_looks_at_all_positives_of_the_query_in_every_pool():
    at = [[np.cos(angle), np.sin(angle)] for angle in (0.5, -1.0, -1.01, 0.9)]
    world = build([[1.0, 0.0]], at, [(0, 0, 1), (0, 1, 1)])
    for pools in ((), ("corpus",), ("neighbours",), ("lexical", "corpus")):
        drawn = world.draw("top-k", negatives=4, pools=pools).table
        assert set(drawn["negative_id"]) == {"d003"}, pools
        assert set(drawn["positive_id"]) == {"d000", "d001"}


def test_documents_judged_irrelevant_may_be_drawn():
    at = [[np.cos(angle), np.sin(angle)] for angle in (0.5, -0.6)]
    world = build([[1.0, 0.0]], at, [(0, 0, 1), (0, 1, 0)])
    assert world.draw("top-k").table["negative_id"].to_list() == ["d001"]


def test_a_document_twice_among_the_candidates_is_one():
    world = dirty_world(3)
    doubled = pl.concat([world.candidates, world.candidates.with_columns(pl.col("rank") + 100)])
    twice = world.replaced(candidates=doubled).draw("top-k", negatives=30).table
    assert twice.equals(world.draw("top-k", negatives=30).table)
