from __future__ import annotations

import pytest

from trisampler.training.schedule import learning_rate
from trisampler.training.settings import TrainingSettings


def test_rises_to_the_peak_and_falls_to_just_above_zero() -> None:
    settings = TrainingSettings(steps=10, warmup_fraction=0.3, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(1, 11)]
    expected = [1 / 4, 2 / 4, 3 / 4, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7]
    assert rates == pytest.approx(expected)


def test_without_warm_up_begins_at_the_peak() -> None:
    settings = TrainingSettings(steps=4, warmup_fraction=0, learning_rate=2.0)
    assert [learning_rate(step, settings) for step in range(1, 5)] == [2.0, 1.5, 1.0, 0.5]


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_never_zero_never_above_the_peak(steps: int) -> None:
    settings = TrainingSettings(steps=steps, warmup_fraction=0.9, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(1, steps + 1)]
    assert all(0 < rate <= 1 for rate in rates)
