"""What a reader of a round's measures is warned of."""

from __future__ import annotations

import polars as pl
import pytest

from trisampler.evaluation.comparisons import COMPARISONS_SCHEMA
from trisampler.evaluation.data_warnings import DRAWN_WHILE_TRAINING
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.pipelines.diagnosis.nodes import warning_finder

QUERIES = {"query_id": pl.String, "text": pl.String}
JUDGEMENTS = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
MEASUREMENTS = dict.fromkeys(["split", "system", "query_id", "measure"], pl.String)


def warnings_of(
    train_judgements: pl.DataFrame, *, frozen_documents: bool, steps: int, batch_queries: int
) -> list[str]:
    """Of a training, where nothing was measured."""
    judgements = pl.DataFrame(schema=JUDGEMENTS)
    return warning_finder("encoder_1")(
        pl.DataFrame(schema=QUERIES),
        train_judgements,
        judgements,
        judgements,
        pl.DataFrame(schema=MEASUREMENTS | {"value": pl.Float64}),
        pl.DataFrame(schema=COMPARISONS_SCHEMA),
        {},
        {},
        EvaluationSettings(),
        frozen_documents,
        steps,
        batch_queries,
    )


@pytest.mark.parametrize("frozen_documents", [False, True])
def test_negatives_drawn_while_training_are_not_those_that_are_told(
    frozen_documents: bool,
) -> None:
    nothing = pl.DataFrame(schema=JUDGEMENTS)
    found = warnings_of(nothing, frozen_documents=frozen_documents, steps=60, batch_queries=16)
    assert found == ([DRAWN_WHILE_TRAINING] if frozen_documents else [])


def test_a_training_of_less_than_one_pass_is_told() -> None:
    ids = [f"q{number}" for number in range(40)]
    trained_on = pl.DataFrame({"query_id": ids, "doc_id": ids, "relevance": 1})
    found = warnings_of(trained_on, frozen_documents=False, steps=2, batch_queries=4)
    assert [sentence.partition(":")[0] for sentence in found] == [
        "In each round 2 steps of 4 queries come to 8 of 40 training queries (20.0%)"
    ]
