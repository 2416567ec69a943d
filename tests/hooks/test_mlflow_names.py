"""Names as MLflow takes them."""

from __future__ import annotations

import pytest

from trisampler.evaluation.settings import EvaluationSettings
from trisampler.hooks.mlflow_names import mlflow_name


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("test/bm25/nDCG@10", "test/bm25/nDCG_at_10"),
        ("test/bm25/RR(rel=2)@10", "test/bm25/RR.rel-2_at_10"),
        ("dev/bm25/IPrec@0.1", "dev/bm25/IPrec_at_0.1"),
        ("comparison/my_samplers:near/mean", "comparison/my_samplers:near/mean"),
        ("a+b", "a_2b_b"),
    ],
)
def test_names_stay_readable(name: str, logged: str) -> None:
    assert mlflow_name(name) == logged


def test_mlflow_takes_every_measure_by_a_name_of_its_own() -> None:
    from mlflow.utils.validation import _validate_metric_name

    measures = EvaluationSettings(
        measures=(
            *("nDCG@10", "RR@10", "RR(rel=2)@10", "RR(rel=3)@10"),
            *("P(rel=2)@5", "P(judged_only=True,rel=2)@5", "AP", "AP(rel=2)@100", "IPrec@0.1"),
        ),
        summary=("nDCG@10",),
    ).measures
    names = {mlflow_name(measure) for measure in measures}
    assert len(names) == len(measures)
    for name in names:
        _validate_metric_name(name)
