"""The plane of the triangle once for every sampler, on the same axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.evaluation.plots import style
from trisampler.negatives.geometry import t1_floor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_POINTS = 4000
_COLUMNS = 4


def plot_planes(table: pl.DataFrame, plane: pl.DataFrame) -> Figure:
    """Small panels, x = cos(q, d-) against y = cos(d+, d-), drawn negatives over candidates.

    Samplers that drew nothing are left out. Negatives from outside the shown candidates' range fall
    off the edge, so that all panels share their axes.

    Args:
        table: of `trisampler.negatives.survey.survey_samplers`, or of `comparison_table`.
        plane: of the same samplers; where there were several rounds, of the last.
    """
    names = [name for name in table["sampler"] if not plane.filter(sampler=name).is_empty()]
    lines = max(1, math.ceil(len(names) / _COLUMNS))
    with style.figure(height=1.0 + 3.2 * lines) as drawn:
        panels = drawn.subplots(lines, _COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        limits = _limits(plane)
        for panel, name in zip(panels, names, strict=False):
            _draw(panel, plane.filter(sampler=name), limits)
            panel.set_title(_title(table.row(by_predicate=pl.col("sampler") == name, named=True)))
        for panel in panels[len(names) :]:
            panel.set_axis_off()
        drawn.supxlabel("x = cos(q, d-): negative to query")
        drawn.supylabel("y = cos(d+, d-): negative to positive")
        if names:
            handles = panels[0].get_legend_handles_labels()
            drawn.legend(*handles, loc="outside upper center", ncols=4)
    return drawn


def _limits(plane: pl.DataFrame) -> tuple[float, float]:
    """One range for both axes; random documents, far below all candidates, do not stretch it."""
    shown = plane.filter(pl.col("sampler") != "random") if plane.height else plane
    values = np.concatenate(
        [
            (shown if shown.height else plane)[name].to_numpy()
            for name in ("cos_q_doc", "cos_pos_doc")
        ]
    )
    return (float(np.quantile(values, 0.005)) - 0.03 if len(values) else -0.05), 1.02


def _draw(panel: Axes, points: pl.DataFrame, limits: tuple[float, float]) -> None:
    a = float(points["cos_q_pos"].to_numpy().mean(dtype=np.float64))
    x = np.linspace(limits[0], 1.0, 401)
    panel.plot(x, x, color=style.GREEN, linewidth=1.8, label="y = x: r > 0 above")
    panel.plot(
        x,
        t1_floor(a, x),
        "--",
        color=style.PURPLE,
        linewidth=1.6,
        label="60° at q (T1) at the mean a",
    )
    panel.axvline(a, color=style.PALE_INK, linewidth=1.0, linestyle=":")
    for mask, colour, size, name in (
        (pl.col("drawn").not_(), style.PALE_INK, 4, "candidates"),
        (pl.col("drawn"), style.VERMILION, 9, "drawn"),
    ):
        shown = points.filter(mask)
        shown = shown.gather_every(1 + shown.height // _MOST_POINTS)
        opacity = float(np.clip(1200 / max(1, shown.height), 0.15, 0.8))
        panel.scatter(
            shown["cos_q_doc"], shown["cos_pos_doc"], size, colour, alpha=opacity, linewidths=0
        )
        panel.scatter([], [], 40, colour, label=name)
    panel.set(xlim=limits, ylim=limits, aspect="equal")


def _title(row: dict[str, Any]) -> str:
    leaning, false = row["drawn_share_leaning_to_positive"], row["false_negative_rate"]
    told = [f"r > 0: {leaning:.0%}"] if leaning is not None else []
    told += [f"false: {false:.1%}"] if false is not None else []
    rounds = row.get("rounds") or 1
    name = row["sampler"] if rounds == 1 else f"{row['sampler']}, round {rounds}"
    return f"{name}\n{', '.join(told)}"
