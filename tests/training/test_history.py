from __future__ import annotations

from trisampler.training.history import History, StepRecord


def measured(*values: float | None) -> History:
    return History([StepRecord(step, loss=1.0, dev=dev) for step, dev in enumerate(values)])


def test_the_first_of_equal_measurements_is_the_best() -> None:
    history = measured(0.1, None, 0.5, 0.5, 0.4)
    assert history.best_step == 2
    assert history.measurements_since_best == 2


def test_without_measurement_the_last_step_is_the_best() -> None:
    history = measured(None, None, None)
    assert history.best_step == history.last_step == 2
    assert history.measurements_since_best == 0


def test_survives_its_table() -> None:
    history = History([StepRecord(0, dev=0.25), StepRecord(1, 0.7, 1e-5, 3.0, 11.0, None)])
    again = History.from_table(history.table())
    assert again == history
    assert history.first_loss == 0.7
    assert history.table().columns == [
        "step",
        "loss",
        "learning_rate",
        "gradient_norm",
        "queries_per_second",
        "temperature",
        "dev_nDCG@10",
        "documents",
    ]


def test_empty() -> None:
    assert len(History().table()) == 0
    assert History().last_step == 0
