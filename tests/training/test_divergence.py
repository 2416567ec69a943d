from __future__ import annotations

import math

import numpy as np
import pytest

from training.toy import Toy
from trisampler.training.batches import Batch, Batches
from trisampler.training.divergence import check_outcome
from trisampler.training.errors import TrainingError
from trisampler.training.settings import TrainingSettings
from trisampler.training.step import StepOutcome

SETTINGS = TrainingSettings(batch_queries=4, learning_rate=0.125)


def check(collection: Toy, outcome: StepOutcome, first_loss: float | None = 1.0) -> Batch:
    examples = collection.examples()
    batch = Batches(examples, SETTINGS, seed=0, round_number=1).at(17)
    check_outcome(outcome, 17, batch, examples, SETTINGS, first_loss)
    return batch


@pytest.mark.parametrize(
    "outcome",
    [
        StepOutcome(math.nan, 1.0, 0.05, 8),
        StepOutcome(math.inf, 1.0, 0.05, 8),
        StepOutcome(1.0, math.nan, 0.05, 8),
        StepOutcome(60.0, 1.0, 0.05, 8),
    ],
)
def test_names_the_step_the_queries_and_what_to_lower(
    collection: Toy, outcome: StepOutcome
) -> None:
    with pytest.raises(TrainingError, match="step 17") as raised:
        check(collection, outcome)
    message = str(raised.value)
    assert "learning_rate (0.125)" in message
    examples = collection.examples()
    batch = Batches(examples, SETTINGS, seed=0, round_number=1).at(17)
    assert all(examples.query_ids[row] in message for row in batch.query_rows_B)


@pytest.mark.parametrize(("loss", "first"), [(0.0, 1.0), (9.0, 0.1), (300.0, 100.0), (500.0, None)])
def test_a_high_loss_where_training_began_high_is_none(
    collection: Toy, loss: float, first: float | None
) -> None:
    batch = check(collection, StepOutcome(loss, 1.0, 0.05, 8), first)
    assert np.log(len(batch.document_rows_N)) * SETTINGS.divergence_factor > 20
