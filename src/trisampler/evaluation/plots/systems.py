"""One measure of every system, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler.evaluation.metrics import number_of_queries, splits_of
from trisampler.evaluation.plots import style
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.significance import bootstrap_interval
from trisampler.evaluation.systems import (
    ENCODERS,
    LEXICAL,
    UNTUNED,
    in_order,
    system_label,
)
from trisampler.hashing import derive_seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_systems(measurements: pl.DataFrame, settings: EvaluationSettings, seed: int) -> Figure:
    """The primary measure: one panel per split, one row per system, bootstrap intervals of means.

    The intervals are of each system alone. Systems are compared on the same queries, where
    differences are known better than the overlap of these intervals suggests.

    Args:
        measurements: split, system, query_id, measure, value.
        settings: Primary measure, samples, level.
        seed: Fixes the samples.

    Raises:
        EvaluationError: Nothing was measured.
    """
    splits = splits_of(measurements)
    measured = measurements.filter(pl.col("measure") == settings.primary)
    systems = in_order(measured["system"])
    with style.figure(height=1.9 + 0.55 * len(systems)) as drawn:
        panels = drawn.subplots(1, len(splits), sharex=True, sharey=True, squeeze=False)[0]
        for panel, split in zip(panels, splits, strict=True):
            part = measured.filter(pl.col("split") == split)
            _draw_split(panel, part, systems, settings, derive_seed(seed, "plot", split))
            queries = number_of_queries(measurements, split)
            panel.set_title(f"{split} split, {queries:,} queries")
            panel.set_xlabel(f"{settings.primary} (mean, {1 - settings.alpha:.0%} interval)")
        panels[0].set_yticks(range(len(systems)), [system_label(system) for system in systems])
        panels[0].set_ylim(len(systems) - 0.4, -0.7)
    return drawn


def _draw_split(
    panel: Axes, measured: pl.DataFrame, systems: list[str], settings: EvaluationSettings, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    for row, system in enumerate(systems):
        values = measured.filter(pl.col("system") == system).sort("query_id")["value"].to_numpy()
        if not len(values):
            continue
        low, high = bootstrap_interval(
            values[:, None], settings.resamples, 1 - settings.alpha, generator
        )
        mean = float(values.mean())
        colour = _colour(system)
        panel.plot([low[0], high[0]], [row, row], color=colour, linewidth=2.5, alpha=0.6)
        panel.plot(mean, row, "o", color=colour, markersize=9)
        panel.annotate(
            f"{mean:.3f}", (mean, row), (0, 9), textcoords="offset points", ha="center", fontsize=11
        )
    panel.margins(x=0.12)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)


def _colour(system: str) -> str:
    others = style.BLUE if system.startswith(ENCODERS) else style.PURPLE
    return {LEXICAL: style.PALE_INK, UNTUNED: style.ORANGE}.get(system, others)
