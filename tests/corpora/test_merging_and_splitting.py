"""No query text is in two splits, and no judgement is lost that the report does not count."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import HoldOut
from trisampler.corpora.splitting import SPLIT_TYPE, SplitJudgements, hold_out

Qrels = dict[str, dict[tuple[str, str], int]]

TEXTS = ["Alpha one", "alpha  ONE ", "ALPHA ONE", "beta", "Beta", "ﬁx it", "FIX it", "gamma", "δ"]
DOCUMENTS = [f"d{number}" for number in range(5)]
some_texts = st.lists(st.sampled_from(TEXTS), min_size=2, max_size=12)


@st.composite
def sources(draw: st.DrawFn) -> tuple[dict[str, str], Qrels]:
    queries = {f"q{number}": text for number, text in enumerate(draw(some_texts))}
    pairs = st.tuples(st.sampled_from(sorted(queries)), st.sampled_from(DOCUMENTS))
    tables = st.dictionaries(pairs, st.integers(0, 3), max_size=20)
    present = ["train", *draw(st.sets(st.sampled_from(["dev", "test"])))]
    return queries, {split: draw(tables) for split in present}


def naive_splits(queries: dict[str, str], qrels: Qrels) -> dict[str, dict[tuple[str, str], int]]:
    """Per split {(kept id, document): relevance}, from the words of the specification."""
    judged = {query for rows in qrels.values() for query, _ in rows}
    groups: dict[str, list[str]] = defaultdict(list)
    for query in judged:
        groups[normalize_query(queries[query])].append(query)
    result: dict[str, dict[tuple[str, str], int]] = {split: {} for split in SPLITS}
    for members in groups.values():
        holders = [
            split for split in SPLITS if any(query in members for query, _ in qrels.get(split, {}))
        ]
        into = result[holders[-1]]
        for (query, document), relevance in qrels[holders[-1]].items():
            if query in members:
                key = (min(members), document)
                into[key] = max(relevance, into.get(key, 0))
    return result


def read(folder: Path, seed: int = 0) -> Collection:
    return read_collection(SourceSettings(path=str(folder), dev_fraction=0.3), seed)


def as_mapping(judgements: pl.DataFrame) -> dict[tuple[str, str], int]:
    return {(query, document): relevance for query, document, relevance in judgements.iter_rows()}


@settings(deadline=None, max_examples=60)
@given(source=sources())
def test_splits_of_any_source(
    source: tuple[dict[str, str], Qrels], write_folder: Callable[..., Path]
) -> None:
    queries, qrels = source
    expected = naive_splits(queries, qrels)
    assume(any(relevance > 0 for relevance in expected["train"].values()))
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            split: [(query, document, relevance) for (query, document), relevance in table.items()]
            for split, table in qrels.items()
        }
        documents = dict.fromkeys(DOCUMENTS, "text")
        collection = read(write_folder(Path(folder) / "set", documents, queries, rows))

    splits = {split: as_mapping(collection.judgements(split)) for split in SPLITS}
    assert splits["test"] == expected["test"]
    if expected["dev"]:
        assert splits["dev"] == expected["dev"]
    assert splits["train"] | splits["dev"] == expected["train"] | expected["dev"]

    texts = dict(collection.queries.iter_rows())
    normalized = [normalize_query(text) for text in texts.values()]
    assert len(set(normalized)) == len(normalized)
    holders = [{query for query, _ in table} for table in splits.values()]
    assert sum(map(len, holders)) == len(set().union(*holders)) == len(texts)
    assert set().union(*holders) == set(texts)
    assert all(texts[query] == queries[query] for query in texts)

    report = collection.report
    given_rows = sum(map(len, qrels.values()))
    lost = report["merged_queries"]["judgements_merged_away"]
    lost += sum(report["queries_in_several_splits"]["judgements_dropped"].values())
    assert sum(map(len, splits.values())) + lost == given_rows
    judged = {query for table in qrels.values() for query, _ in table}
    assert len(texts) + report["merged_queries"]["queries_merged_away"] == len(judged)


def test_equal_queries_are_one_and_in_the_latest_split(
    tmp_path: Path, write_folder: Callable[..., Path]
) -> None:
    queries = {
        "q1": "Same",
        "q2": "same ",
        "q3": "\uff33AME",
        "q4": "other",
        "q5": "Other",
        "q6": "x",
    }
    qrels = {
        "train": [
            ("q1", "d0", 1),
            ("q4", "d0", 1),
            ("q5", "d0", 2),
            ("q5", "d1", 1),
            ("q6", "d0", 1),
        ],
        "dev": [("q2", "d1", 1), ("q6", "d1", 1)],
        "test": [("q3", "d2", 1)],
    }
    documents = dict.fromkeys(DOCUMENTS, "text")
    collection = read(write_folder(tmp_path / "set", documents, queries, qrels))
    assert collection.queries.rows() == [("q1", "Same"), ("q4", "other"), ("q6", "x")]
    assert collection.train_judgements.rows() == [("q4", "d0", 2), ("q4", "d1", 1)]
    assert collection.dev_judgements.rows() == [("q6", "d1", 1)]
    assert collection.test_judgements.rows() == [("q1", "d2", 1)]
    assert collection.report["merged_queries"] == {
        "groups": 2,
        "queries_merged_away": 3,
        "judgements_merged_away": 1,
        "examples": [["q1", "q2", "q3"], ["q4", "q5"]],
    }
    assert collection.report["queries_in_several_splits"] == {
        "queries": 2,
        "training_queries": 2,
        "judgements_dropped": {"train": 2, "dev": 1},
        "examples": ["q1", "q6"],
    }


def tables_of(texts: list[str], positive: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Queries, and one training judgement of each: positive for the first `positive` of them."""
    ids = [f"q{number:04d}" for number in range(len(texts))]
    queries = pl.DataFrame({"query_id": ids, "text": texts, "normalized_text": texts})
    judgements = queries.select(
        "query_id",
        doc_id=pl.lit("d"),
        relevance=(pl.int_range(pl.len()) < positive).cast(pl.Int32),
        split=pl.lit("train", dtype=SPLIT_TYPE),
    )
    return queries, judgements


def held_texts(texts: list[str], seed: int, fraction: float = 0.2) -> set[str]:
    queries, judgements = tables_of(texts, len(texts))
    step = hold_out(judgements, queries, HoldOut("dev", fraction, "normalized_text"), seed)
    held = step.table.filter(pl.col("split") == "dev")["query_id"]
    assert len(held) == step.report["queries"]
    return set(queries.filter(pl.col("query_id").is_in(held.implode()))["text"])


def test_held_out_is_a_function_of_text_and_seed() -> None:
    texts = [f"query {number}" for number in range(1000)]
    held = held_texts(texts, seed=7)
    assert 150 < len(held) < 250
    assert held_texts(texts[::-1], seed=7) == held
    assert held_texts(texts[:500], seed=7) == held & set(texts[:500])
    assert held_texts(texts, seed=8) != held
    assert held < held_texts(texts, seed=7, fraction=0.4)


@pytest.mark.parametrize("seed", range(5))
def test_few_queries_give_one_and_keep_one(seed: int) -> None:
    assert len(held_texts(["a", "b"], seed, fraction=0.01)) == 1
    assert len(held_texts(["a", "b"], seed, fraction=0.5)) == 1


def step_of(texts: list[str], positive: int, plan: HoldOut) -> SplitJudgements:
    queries, judgements = tables_of(texts, positive)
    return hold_out(judgements, queries, plan, seed=0)


def test_nothing_held_out() -> None:
    plan = HoldOut("dev", 0.5, "query_id")
    for step in (
        step_of(["a"], 1, plan),
        step_of(["a", "b"], 1, plan),
        step_of([], 0, plan),
        step_of(["a", "b", "c"], 3, HoldOut("test", 0.0, "query_id")),
    ):
        assert step.report == {}
        assert set(step.table["split"]) <= {"train"}


def test_queries_without_positive_are_not_held_out() -> None:
    step = step_of([str(number) for number in range(40)], 20, HoldOut("dev", 0.5, "query_id"))
    held = step.table.filter(pl.col("split") == "dev")
    assert held.height > 0
    assert (held["relevance"] > 0).all()


def test_an_empty_dev_file_is_no_dev_split(clean_folder: Path) -> None:
    (clean_folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n")
    collection = read(clean_folder)
    assert collection.report["held_out"]["dev"]["queries"] == 1
    assert not collection.dev_judgements.is_empty()
    assert "No dev split" in collection.report["notes"][0]
