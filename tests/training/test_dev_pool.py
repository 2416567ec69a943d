from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.training.dev_pool import DevPool, build_dev_pool
from trisampler.training.settings import DevPoolSettings

CORPUS = pl.DataFrame(
    {
        "doc_id": [f"d{n:03}" for n in range(200)],
        "title": "t",
        "text": [f"x{n}" for n in range(200)],
    }
)
QUERIES = pl.DataFrame(
    {"query_id": [f"q{n:02}" for n in range(40)], "text": [f"y{n}" for n in range(40)]}
)
RUN_SCHEMA = {"query_id": pl.String, "doc_id": pl.String, "rank": pl.Int32}
NO_RUN = pl.DataFrame(schema=RUN_SCHEMA)


def judged(pairs: dict[tuple[int, int], int]) -> pl.DataFrame:
    rows = [
        (f"q{query:02}", f"d{document:03}", grade) for (query, document), grade in pairs.items()
    ]
    schema = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def run(*hits: tuple[int, int, int]) -> pl.DataFrame:
    rows = [(f"q{query:02}", f"d{document:03}", rank) for query, document, rank in hits]
    return pl.DataFrame(rows, schema=RUN_SCHEMA, orient="row")


def build(judgements: pl.DataFrame, seed: int = 0, **sizes: float) -> DevPool:
    return build_dev_pool(
        CORPUS,
        QUERIES,
        judgements,
        NO_RUN,
        NO_RUN,
        DevPoolSettings.model_validate(sizes),
        seed,
    )


@given(
    pairs=st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 199)), st.integers(0, 2), max_size=40
    ),
    hits=st.lists(
        st.tuples(st.integers(0, 19), st.integers(0, 199), st.integers(1, 20)), max_size=80
    ),
    query_count=st.integers(1, 12),
    document_count=st.integers(2, 250),
    seed=st.integers(0, 3),
)
@settings(deadline=None, max_examples=50)
def test_what_every_pool_keeps(
    pairs: dict[tuple[int, int], int],
    hits: list[tuple[int, int, int]],
    query_count: int,
    document_count: int,
    seed: int,
) -> None:
    sizes = DevPoolSettings(queries=query_count, documents=document_count)
    judgements, found = judged(pairs), run(*hits)
    pool = build_dev_pool(CORPUS, QUERIES, judgements, found, NO_RUN, sizes, seed)
    positives = judgements.filter(pl.col("relevance") >= 1)
    chosen = set(pool.queries["query_id"])
    assert len(chosen) == len(pool) <= query_count
    assert chosen <= set(positives["query_id"])
    assert bool(chosen) == bool(len(positives))
    own = positives.filter(pl.col("query_id").is_in(list(chosen)))
    assert set(pool.judgements.rows()) == set(own.rows())
    assert set(own["doc_id"]) <= set(pool.documents["doc_id"])
    largest = max([document_count, *own.group_by("query_id").len()["len"]])
    assert len(pool.documents) <= largest
    if chosen:
        assert len(pool.documents) >= min(document_count, 200)
    for table, column in ((pool.queries, "query_id"), (pool.documents, "doc_id")):
        assert table[column].is_sorted()
        assert table[column].is_unique().all()
    shuffled = build_dev_pool(
        CORPUS.reverse(),
        QUERIES.reverse(),
        judgements.reverse(),
        NO_RUN,
        found.reverse(),
        sizes,
        seed,
    )
    assert shuffled.digest() == pool.digest()


def test_the_best_ranked_hits_enter_first_and_leave_room_for_random_ones() -> None:
    found = run((0, 10, 1), (0, 11, 2), (0, 12, 3), (0, 13, 11), (1, 14, 1))
    sizes = DevPoolSettings(queries=5, documents=6, hits_per_query=10, random_share=0.5)
    pool = build_dev_pool(CORPUS, QUERIES, judged({(0, 1): 1}), found, NO_RUN, sizes, seed=4)
    documents = set(pool.documents["doc_id"])
    assert {"d001", "d010", "d011"} <= documents
    assert len(documents) == 6
    # d013 is too deep and d014 a hit of another query: only chance may bring them in.
    by_chance = documents - {"d001", "d010", "d011"}
    assert len(by_chance) == 3


def test_both_runs_enter() -> None:
    sizes = DevPoolSettings(documents=3, random_share=0)
    pool = build_dev_pool(
        CORPUS, QUERIES, judged({(0, 1): 1}), run((0, 7, 1)), run((0, 8, 1)), sizes, seed=0
    )
    assert set(pool.documents["doc_id"]) == {"d001", "d007", "d008"}


def test_positives_fill_at_most_half() -> None:
    pool = build(
        judged({(query, 5 * query + n): 1 for query in range(9) for n in range(5)}), documents=20
    )
    assert len(pool) == 2
    assert len(pool.judgements) == 10


def test_a_first_query_larger_than_the_pool_enters_whole() -> None:
    pool = build(judged({(0, n): 1 for n in range(50)}), documents=10)
    assert len(pool) == 1
    assert len(pool.documents) == 50


def test_seeds_choose_differently() -> None:
    judgements = judged({(query, query): 1 for query in range(40)})
    pools = [build(judgements, seed, queries=10, documents=50) for seed in (0, 1)]
    assert pools[0].queries["query_id"].to_list() != pools[1].queries["query_id"].to_list()
    assert pools[0].digest() != pools[1].digest()


@pytest.mark.parametrize("pairs", [{}, {(0, 1): 1, (2, 3): 2}])
def test_survives_its_table(pairs: dict[tuple[int, int], int]) -> None:
    pool = build(judged(pairs), documents=30)
    again = DevPool.from_table(pool.table())
    for name, table in vars(pool).items():
        assert vars(again)[name].equals(table)
        assert vars(again)[name].schema == table.schema
    assert again.digest() == pool.digest()


def test_no_positive_is_an_empty_pool() -> None:
    pool = build(judged({(0, 1): 0}))
    assert len(pool) == 0
    assert pool.documents.is_empty()
