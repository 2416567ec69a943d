import pytest

from evaluation.tables import judgement_table, measurement_table, run_table
from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.measures import measure_run
from trisampler.evaluation.metrics import (
    MEASUREMENTS_SCHEMA,
    gather_measurements,
    metrics_dictionary,
    number_of_queries,
    splits_of,
)
from trisampler.evaluation.systems import in_order, system_label


def test_means_by_split_system_and_measure_best_split_first():
    table = measurement_table(
        {
            ("dev", "encoder_10", "AP"): [0.5, 0.25],
            ("dev", "encoder_2", "AP"): [1.0, 0.0],
            ("test", "bm25", "AP"): [0.1, 0.2, 0.3],
            ("test", "bm25", "RR@10"): [1.0, 1.0, 0.5],
        }
    )
    metrics = metrics_dictionary(table)
    assert metrics == {
        "test": {"bm25": {"AP": pytest.approx(0.2), "RR@10": pytest.approx(2.5 / 3)}},
        "dev": {"encoder_2": {"AP": 0.5}, "encoder_10": {"AP": 0.375}},
    }
    assert list(metrics) == splits_of(table) == ["test", "dev"]
    assert list(metrics["dev"]) == ["encoder_2", "encoder_10"]
    assert (number_of_queries(table, "test"), number_of_queries(table, "dev")) == (3, 2)


def test_means_have_the_same_bits_in_any_row_order():
    values = [0.1 * (index % 7) + 1e-9 * index for index in range(1000)]
    table = measurement_table({("dev", "a", "AP"): values})
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=3)
    assert metrics_dictionary(table) == metrics_dictionary(shuffled)


def test_gathering_names_split_and_system_and_leaves_out_unjudged_splits():
    judged, unjudged = judgement_table({"q": {"a": 1}}), judgement_table({})
    run = run_table({"q": {"a": 1.0}})
    table = gather_measurements(
        {
            ("test", "bm25"): measure_run(run, unjudged, ["AP"]),
            ("dev", "bm25"): measure_run(run, judged, ["AP"]),
        }
    )
    assert table.schema == MEASUREMENTS_SCHEMA
    assert table.rows() == [("dev", "bm25", "q", "AP", 1.0)]


def test_nothing_measured_is_said():
    empty = gather_measurements({})
    with pytest.raises(EvaluationError, match="no split has judgements"):
        metrics_dictionary(empty)


def test_systems_stand_in_the_order_of_their_making():
    names = ["their_run", "encoder_10", "encoder_2", "bm25", "encoder_0", "encoder_2"]
    assert in_order(names) == ["bm25", "encoder_0", "encoder_2", "encoder_10", "their_run"]
    assert [system_label(name) for name in ("bm25", "encoder_1")] == ["BM25", "encoder_1"]
