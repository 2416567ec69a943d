"""The learning rate of each step."""

from __future__ import annotations

from trisampler.training.settings import TrainingSettings


def learning_rate(step: int, settings: TrainingSettings) -> float:
    """Linear warm-up to the peak, then linear decay; steps count from 1 and none is wasted at 0.

    The decay would reach 0 one step after the last.
    """
    warmup = round(settings.steps * settings.warmup_fraction)
    if step <= warmup:
        return settings.learning_rate * step / (warmup + 1)
    return settings.learning_rate * (settings.steps - step + 1) / (settings.steps - warmup)
