import math
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.tables import judgement_table, rankings_and_judgements, run_table
from trisampler.evaluation import measures
from trisampler.evaluation.measures import measure_run, parse_measure
from trisampler.evaluation.runs import read_trec_run, strictly_decreasing, write_trec_run
from trisampler.evaluation.settings import EvaluationSettings

ALL = EvaluationSettings().measures
IN_PYTREC_EVAL = {
    "nDCG@10": "ndcg_cut_10",
    "AP": "map",
    **{f"R@{cutoff}": f"recall_{cutoff}" for cutoff in (5, 20, 50, 100, 1000)},
    **{f"Success@{cutoff}": f"success_{cutoff}" for cutoff in (1, 5, 20)},
    "RR": "recip_rank",
}


def values_of(measured):
    return {(query_id, measure): value for query_id, measure, value in measured.rows()}


@given(rankings_and_judgements())
@settings(deadline=None, max_examples=200)
def test_equal_to_pytrec_eval(example):
    import pytrec_eval

    run, judgements = example
    evaluator = pytrec_eval.RelevanceEvaluator(judgements, set(IN_PYTREC_EVAL.values()))
    theirs = evaluator.evaluate(run)
    mine = values_of(
        measure_run(run_table(run), judgement_table(judgements), [*IN_PYTREC_EVAL, "RR@10"])
    )
    for query_id in judgements:
        expected = theirs.get(query_id, dict.fromkeys(IN_PYTREC_EVAL.values(), 0.0))
        for name, their_name in IN_PYTREC_EVAL.items():
            assert mine[query_id, name] == pytest.approx(expected[their_name], abs=1e-9)
        rank = expected["recip_rank"]
        assert mine[query_id, "RR@10"] == pytest.approx(rank if rank >= 0.1 else 0.0, abs=1e-9)
    assert {query_id for query_id, _ in mine} == set(judgements)


def naive(order, grades):
    """The definitions, on one ranking."""
    relevant = sum(grade > 0 for grade in grades.values())
    gains = [grades.get(doc, 0) for doc in order]

    def discounted(values):
        return sum(gain / math.log2(place + 2) for place, gain in enumerate(values[:10]))

    def recall(cutoff):
        return sum(gain > 0 for gain in gains[:cutoff]) / relevant if relevant else 0.0

    hits = [place for place, gain in enumerate(gains, start=1) if gain > 0]
    ideal = discounted(sorted(grades.values(), reverse=True))
    precisions = [found / place for found, place in enumerate(hits, start=1)]
    return {
        "nDCG@10": discounted(gains) / ideal if ideal else 0.0,
        "RR@10": 1 / hits[0] if hits and hits[0] <= 10 else 0.0,
        "AP": sum(precisions) / relevant if relevant else 0.0,
        **{f"R@{cutoff}": recall(cutoff) for cutoff in (5, 20, 50, 100, 1000)},
        **{f"Success@{cutoff}": float(any(h <= cutoff for h in hits)) for cutoff in (1, 5, 20)},
        "Judged@10": sum(doc in grades for doc in order[:10]) / len(order[:10]) if order else 0.0,
    }


@given(rankings_and_judgements())
@settings(deadline=None, max_examples=100)
def test_equal_to_the_definitions_on_the_strict_ranking(example):
    run, judgements = example
    ranked = strictly_decreasing(run_table(run))
    mine = values_of(measure_run(run_table(run), judgement_table(judgements), ALL))
    for query_id, grades in judgements.items():
        order = ranked.filter(query_id=query_id)["doc_id"].to_list()
        for name, value in naive(order, grades).items():
            assert mine[query_id, name] == pytest.approx(value, abs=1e-9), name


def deep_example(seed):
    """Graded judgements and runs deeper than any cut-off, half of the scores in ties."""
    generator = np.random.default_rng(seed)
    documents = np.array([f"d{index}" for index in range(2000)])
    queries = [f"q{index}" for index in range(12)]
    sizes = [1, 2, 5, 1, 10, 40, 40, 100, 300, 300, 5, 1]
    judgements = {
        query_id: dict(
            zip(
                generator.choice(documents, size, replace=False).tolist(),
                generator.integers(0, 4, size).tolist(),
                strict=True,
            )
        )
        for query_id, size in zip(queries, sizes, strict=True)
    }
    judgements["q0"] = {"d1": 0}
    run = {}
    for query_id in [*queries[:-1], "nobody judged it"]:
        found = generator.choice(documents, generator.integers(1, 1500), replace=False)
        scores = generator.normal(size=len(found)).round(generator.integers(0, 4))
        run[query_id] = dict(zip(found.tolist(), scores.tolist(), strict=True))
    return run, judgements


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_pytrec_eval_at_every_depth_and_in_measures_that_are_not_ours_by_default(seed):
    import pytrec_eval

    run, judgements = deep_example(seed)
    theirs_by_mine = IN_PYTREC_EVAL | {
        "nDCG": "ndcg",
        "nDCG@100": "ndcg_cut_100",
        "AP@100": "map_cut_100",
        "P@5": "P_5",
        "P@1000": "P_1000",
        "Rprec": "Rprec",
        "Bpref": "bpref",
        "SetP": "set_P",
        "SetR": "set_recall",
        "IPrec@0.1": "iprec_at_recall_0.10",
        "NumRet": "num_ret",
    }
    asked = {re.sub(r"_([\d.]+)$", r".\1", name) for name in theirs_by_mine.values()}
    evaluator = pytrec_eval.RelevanceEvaluator(judgements, asked)
    theirs = evaluator.evaluate(run)
    mine = values_of(measure_run(run_table(run), judgement_table(judgements), theirs_by_mine))
    assert "q11" not in theirs
    for query_id in judgements:
        for name, their_name in theirs_by_mine.items():
            expected = theirs[query_id][their_name] if query_id in theirs else 0.0
            assert mine[query_id, name] == pytest.approx(expected, abs=1e-9), (query_id, name)


@pytest.mark.parametrize("provider", ["pytrec_eval", "judged", "msmarco", "cwl_eval", "trectools"])
@pytest.mark.parametrize("seed", range(3))
def test_every_provider_says_the_same_of_a_strict_ranking(provider, seed):
    import ir_measures

    theirs = ir_measures.providers.registry[provider]
    if not theirs.is_available():
        pytest.skip(f"{provider} is not installed")
    # C/W/L divides the sum of precisions by the relevant documents that were found, not by all.
    asked = {*ALL, "RR", "P@5"} - ({"AP"} if provider == "cwl_eval" else set())
    names = sorted(name for name in asked if theirs.supports(parse_measure(name)))
    assert names
    run, judgements = deep_example(seed)
    kept = strictly_decreasing(run_table(run)).filter(pl.col("rank") <= EvaluationSettings().depth)
    mine = values_of(measure_run(kept, judgement_table(judgements), names))
    strict = {}
    for query_id, doc_id, _, score in kept.rows():
        strict.setdefault(query_id, {})[doc_id] = score
    measures = [parse_measure(name) for name in names]
    told = {
        (found.query_id, str(found.measure)): found.value
        for found in theirs.iter_calc(measures, judgements, strict)
    }
    assert {query_id for query_id, _ in told} == set(judgements)
    for (query_id, name), value in told.items():
        # 0/0, where nothing is relevant, is 0 to trec_eval and no number to trectools.
        expected = 0.0 if math.isnan(value) else value
        assert mine[query_id, name] == pytest.approx(expected, abs=1e-9), (query_id, name)


@given(rankings_and_judgements(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_neither_row_order_nor_a_trip_through_a_file_changes_a_value(
    tmp_path_factory, example, random
):
    run, judgements = run_table(example[0]), judgement_table(example[1])
    measured = measure_run(run, judgements, ALL)
    path = tmp_path_factory.mktemp("runs") / "run.trec"
    write_trec_run(path, run, "t")
    assert measure_run(read_trec_run(path), judgements, ALL).equals(measured)
    seed = random.randrange(1000)
    shuffled = [
        table.sample(fraction=1.0, shuffle=True, seed=seed) if table.height else table
        for table in (run, judgements)
    ]
    assert measure_run(*shuffled, ALL).equals(measured)


def test_a_case_by_hand():
    judgements = judgement_table({"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"a": 1}, "q3": {"b": 0}})
    run = run_table({"q1": {"x": 9.0, "b": 8.0, "a": 7.0}, "q3": {"b": 1.0}, "q4": {"a": 1.0}})
    measured = measure_run(run, judgements, ["nDCG@10", "RR@10", "R@100", "Judged@10"])
    gain = 1 / math.log2(3) + 2 / math.log2(4)
    assert measured.rows() == [
        ("q1", "nDCG@10", pytest.approx(gain / (2 + 1 / math.log2(3)))),
        ("q1", "RR@10", 0.5),
        ("q1", "R@100", 1.0),
        ("q1", "Judged@10", pytest.approx(2 / 3)),
        *[("q2", name, 0.0) for name in ("nDCG@10", "RR@10", "R@100", "Judged@10")],  # no results
        *[("q3", name, 0.0) for name in ("nDCG@10", "RR@10", "R@100")],  # nothing relevant
        ("q3", "Judged@10", 1.0),
    ]


def test_ties_count_for_the_greater_id_as_in_trec_eval():
    run = run_table({"q": {"a": 1.0, "b": 1.0}})
    for relevant, value in (("a", 0.5), ("b", 1.0)):
        assert (
            measure_run(run, judgement_table({"q": {relevant: 1}}), ["RR@10"])["value"][0] == value
        )


@pytest.mark.parametrize("at_once", [1, 7])
def test_the_size_of_blocks_changes_no_bit(monkeypatch, at_once):
    generator = np.random.default_rng(0)
    judged, answered = [f"q{n}" for n in range(20)], [f"q{n}" for n in (*range(3, 40), *"äé")]
    run = {
        query: {f"d{doc}": float(doc % 5) for doc in generator.permutation(60)[:30]}
        for query in answered
    }
    judgements = {
        query: {f"d{doc}": int(doc % 3) for doc in generator.permutation(60)[:9]}
        for query in judged
    }
    tables = (run_table(run), judgement_table(judgements).sample(fraction=1, shuffle=True, seed=1))
    whole = measure_run(*tables, ALL)
    seen = []
    nested = measures._nested
    monkeypatch.setattr(
        measures, "_nested", lambda table, value: seen.append(table) or nested(table, value)
    )
    monkeypatch.setattr(measures, "_QUERIES_AT_ONCE", at_once)
    assert measure_run(*tables, ALL).equals(whole)
    assert max(table["query_id"].n_unique() for table in seen[::2]) == at_once


def test_without_judgements_there_is_nothing_to_measure():
    measured = measure_run(run_table({"q": {"a": 1.0}}), judgement_table({}), ALL)
    assert measured.is_empty()
    assert measured.schema == {
        "query_id": pl.String,
        "measure": pl.String,
        "value": pl.Float64,
    }
