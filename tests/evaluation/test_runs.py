import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.tables import WORDS, run_table
from trisampler.evaluation.errors import RunFileError
from trisampler.evaluation.runs import (
    RUN_SCHEMA,
    read_trec_run,
    strictly_decreasing,
    write_trec_run,
)

SCORES = st.floats(
    width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**100), max_value=2.0**100
)
RUNS = st.dictionaries(WORDS, st.dictionaries(WORDS, SCORES, min_size=1, max_size=8), max_size=3)


def naive_order(ranking):
    """trec_eval's order, on subnormal-free float32 scores."""
    return sorted(ranking, key=lambda doc: (np.float32(ranking[doc]), doc), reverse=True)


@given(RUNS)
@settings(deadline=None, max_examples=150)
def test_order_is_trec_evals_and_scores_decrease_strictly(scores):
    ranked = strictly_decreasing(run_table(scores))
    assert ranked.schema == RUN_SCHEMA
    assert ranked["query_id"].unique(maintain_order=True).to_list() == sorted(scores)
    for query_id, ranking in scores.items():
        mine = ranked.filter(query_id=query_id)
        assert mine["doc_id"].to_list() == naive_order(ranking)
        assert mine["rank"].to_list() == list(range(1, len(ranking) + 1))
        assert (np.diff(mine["score"].to_numpy()) < 0).all()


@given(RUNS)
@settings(deadline=None, max_examples=50)
def test_scores_already_strict_are_left_alone_and_twice_is_once(scores):
    once = strictly_decreasing(run_table(scores))
    assert strictly_decreasing(once.sample(fraction=1.0, shuffle=True, seed=0)).equals(once)


def test_only_ties_are_lowered_and_by_one_step():
    one = np.float32(1)
    below = np.nextafter(one, np.float32(0))
    ranked = strictly_decreasing(
        run_table({"q": {"a": 1.0, "b": 1.0, "c": float(below), "d": 0.5}})
    )
    assert ranked["doc_id"].to_list() == ["b", "a", "c", "d"]
    assert ranked["score"].to_list() == [1.0, below, np.nextafter(below, np.float32(0)), 0.5]


def test_ties_at_zero_step_over_subnormal_numbers():
    ranked = strictly_decreasing(run_table({"q": {"a": 0.0, "b": -0.0, "c": 1e-42}}))
    smallest_normal = np.finfo(np.float32).smallest_normal
    assert ranked["doc_id"].to_list() == ["c", "b", "a"]
    assert ranked["score"].to_list()[0] == 0.0
    assert ranked["score"].to_list()[1] == -smallest_normal


@given(RUNS)
@settings(deadline=None, max_examples=50)
def test_a_written_run_reads_the_same_here_and_elsewhere(tmp_path_factory, scores):
    import ir_measures
    import pytrec_eval

    path = tmp_path_factory.mktemp("runs") / "run.trec"
    write_trec_run(path, run_table(scores), "system")
    expected = {query_id: naive_order(ranking) for query_id, ranking in scores.items()}
    mine = read_trec_run(path)
    assert mine.equals(strictly_decreasing(run_table(scores)))
    with path.open(encoding="utf-8", newline="\n") as file:
        theirs = pytrec_eval.parse_run(file)
    assert {q: sorted(r, key=r.get, reverse=True) for q, r in theirs.items()} == expected
    float32 = {q: {d: np.float32(s) for d, s in r.items()} for q, r in theirs.items()}
    assert {q: sorted(r, key=r.get, reverse=True) for q, r in float32.items()} == expected
    grouped = {}
    for scored in ir_measures.read_trec_run(str(path)):
        grouped.setdefault(scored.query_id, []).append((scored.score, scored.doc_id))
    assert {q: [d for _, d in sorted(r, reverse=True)] for q, r in grouped.items()} == expected


def test_lines_are_those_of_trec(tmp_path):
    path = tmp_path / "a" / "run.trec"
    write_trec_run(path, run_table({"q2": {"x": 1.5, "y": 3.0}, "q1": {"z": -2.0}}), "encoder_1")
    assert path.read_text() == (
        "q1 Q0 z 1 -2.0 encoder_1\nq2 Q0 y 1 3.0 encoder_1\nq2 Q0 x 2 1.5 encoder_1\n"
    )


def test_a_run_longer_than_a_block_is_written_and_read_whole(tmp_path):
    rows = 250_000
    run = pl.DataFrame(
        {
            "query_id": [f"q{index // 1000}" for index in range(rows)],
            "doc_id": [f"d{index}" for index in range(rows)],
            "score": np.random.default_rng(0).normal(size=rows).astype(np.float32),
        }
    )
    path = tmp_path / "run.trec"
    write_trec_run(path, run, "long")
    assert read_trec_run(path).equals(strictly_decreasing(run))


def test_an_empty_run_is_a_run(tmp_path):
    path = tmp_path / "run.trec"
    write_trec_run(path, run_table({}), "empty")
    assert path.read_bytes() == b""
    assert read_trec_run(path).schema == RUN_SCHEMA


def test_other_tools_files_are_read_by_score_not_by_rank(tmp_path):
    path = tmp_path / "theirs.run"
    path.write_bytes(
        b"q1\tQ0\td1\t1\t0.5\tanserini\r\n\r\nq1 Q0  d2 2 7e-1 anserini\r\nq1 Q0 d3 3 5E-1 x\n"
    )
    assert read_trec_run(path).select("doc_id", "rank").rows() == [("d2", 1), ("d3", 2), ("d1", 3)]


def test_a_byte_order_mark_is_no_part_of_an_id(tmp_path):
    path = tmp_path / "theirs.run"
    path.write_bytes(b"\xef\xbb\xbfq1 Q0 d1 1 2 x\nq1 Q0 d2 2 1 x\n")
    assert read_trec_run(path)["query_id"].to_list() == ["q1", "q1"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"q Q0 d 1 0.5 t\nq Q0 e 2 0.5\n", ":2: 5 columns where a run file has 6"),
        (b"q Q0 d 1 high t\n", ":1: score 'high' (column 5)"),
        (b"q Q0 d 1 nan t\n", ":1: score 'nan'"),
        (b"q Q0 d 1 -inf t\n", ":1: score '-inf'"),
        (b"\n\nq Q0 d\xff 1 0.5 t\n", ":3: not UTF-8"),
        (b"q Q0 d 1 2 t\nr Q0 d 1 2 t\n\nq Q0 d 9 1 t\n", ":4: document 'd' a second time"),
    ],
)
def test_a_broken_line_is_named(tmp_path, content, message):
    path = tmp_path / "broken.run"
    path.write_bytes(content)
    with pytest.raises(RunFileError) as caught:
        read_trec_run(path)
    assert f"broken.run{message}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunFileError, match=r"No run file at .*nowhere\.run"):
        read_trec_run(tmp_path / "nowhere.run")


@pytest.mark.parametrize("bad", ["two words", "no\u00a0break", "", "tab\t", "unit\x1fseparator"])
def test_ids_that_would_break_columns_are_refused_and_nothing_is_written(tmp_path, bad):
    path = tmp_path / "run.trec"
    for run, tag in (
        (run_table({"q": {bad: 1.0}}), "t"),
        (run_table({bad: {"d": 1.0}}), "t"),
        (run_table({"q": {"d": 1.0}}), bad),
    ):
        with pytest.raises(RunFileError):
            write_trec_run(path, run, tag)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1e39, -3.4028235e38])
def test_scores_that_cannot_decrease_are_refused(score):
    with pytest.raises(RunFileError, match="not a finite float32 number"):
        strictly_decreasing(run_table({"q": {"a": score, "b": score}}))


def test_missing_scores_and_repeated_documents_are_refused():
    with pytest.raises(RunFileError, match="'d' has no score for query 'q'"):
        strictly_decreasing(run_table({"q": {"d": None}}))
    twice = pl.concat([run_table({"q": {"d": 1.0}}), run_table({"q": {"d": 2.0}})])
    with pytest.raises(RunFileError, match="'d' stands twice in the ranking of query 'q'"):
        strictly_decreasing(twice)
