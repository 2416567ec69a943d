"""What is said of the training queries that a round's steps come to."""

from __future__ import annotations

import pytest

from evaluation.tables import judgement_table
from trisampler.evaluation.training_share import training_queries, training_share, unseen_warnings

SHARE = "60 steps of 16 queries come to 960 of 12,345 training queries (7.8%)"


@pytest.mark.parametrize(
    ("queries", "steps", "said"),
    [
        (
            12_345,
            60,
            f"{SHARE}: training.steps=771 is one pass.",
        ),
        (640, 60, "60 steps of 16 queries are 1.5 passes over 640."),
        (970, 60, "60 steps of 16 queries are 1.0 passes over 970."),
        (5, 1_000, "1,000 steps of 16 queries are 1000.0 passes over 5."),
    ],
)
def test_passes_where_there_is_one_else_a_share_and_what_a_pass_takes(
    queries: int, steps: int, said: str
) -> None:
    assert training_share(queries, steps, 16) == said


def test_less_than_one_pass_is_a_warning() -> None:
    (sentence,) = unseen_warnings(12_345, 60, 16)
    assert sentence.startswith(f"In each round {SHARE}: what is measured")
    assert sentence.endswith("training.steps=771 is one pass.")
    assert list(unseen_warnings(12_345, 771, 16)) == []
    assert list(unseen_warnings(5, 1, 16)) == []


def test_queries_without_a_positive_are_not_trained_on() -> None:
    judged = judgement_table({"q1": {"d1": 1, "d2": 2}, "q2": {"d1": 0}})
    assert training_queries(judged) == 1
