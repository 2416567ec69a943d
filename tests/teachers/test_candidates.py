"""Which pairs a teacher is asked about."""

from __future__ import annotations

import polars as pl

from trisampler.teachers.candidates import pairs_to_score

JUDGEMENTS = pl.DataFrame(
    {
        "query_id": ["q1", "q1", "q2", "q3"],
        "doc_id": ["d1", "d9", "d2", "d3"],
        "relevance": [1, 2, 1, 0],
    }
)


def ranked(**documents: list[str]) -> pl.DataFrame:
    rows = [
        (owner, document, rank)
        for owner, found in documents.items()
        for rank, document in enumerate(found, start=1)
    ]
    return pl.DataFrame(rows, schema=["query_id", "doc_id", "rank"], orient="row")


def asked(of_queries: list[pl.DataFrame], of_positives: list[pl.DataFrame], depth: int) -> set[str]:
    pairs = pairs_to_score(JUDGEMENTS, of_queries, of_positives, depth)
    assert pairs.rows() == sorted(set(pairs.rows()))
    return {f"{query_id} {doc_id}" for query_id, doc_id in pairs.rows()}


def test_positives_always_and_each_pool_to_its_depth() -> None:
    positives = {"q1 d1", "q1 d9", "q2 d2"}
    assert asked([], [], 5) == positives
    dense = ranked(q1=["d1", "d4", "d5"], q2=["d6"], q3=["d7"])
    lexical = ranked(q1=["d4", "d8"])
    # q3 has no positive: nothing is ever drawn for it. q2 has no lexical candidates.
    assert asked([dense, lexical], [], 2) == positives | {"q1 d4", "q1 d8", "q2 d6"}
    assert asked([dense, lexical], [], 3) == positives | {"q1 d4", "q1 d5", "q1 d8", "q2 d6"}


def test_neighbours_of_a_positive_are_asked_about_with_its_query() -> None:
    near = ranked(d1=["d1", "d5", "d6"], d3=["d7"], d9=["d5", "d2", "d8"], q1=["d4"])
    expected = {"q1 d1", "q1 d9", "q2 d2", "q1 d5", "q1 d2"}
    assert asked([], [near], 2) == expected


def test_the_order_of_rows_is_no_matter() -> None:
    dense = ranked(q1=["d1", "d4", "d5"], q2=["d6", "d1"])
    shuffled = dense.sample(fraction=1, shuffle=True, seed=3)
    plain = pairs_to_score(JUDGEMENTS, [dense], [], 2)
    assert plain.equals(pairs_to_score(JUDGEMENTS.reverse(), [shuffled], [], 2))
