"""What single parameters change: a panel for each, all others as in the middle of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from trisampler.evaluation.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3


def plot_lines(
    tests: pl.DataFrame, centre: str, lines: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Differences from `centre` with their intervals, on the split that counts most.

    Values stand at equal distances, in their order. A label without a test is left out.

    Args:
        tests: Of `compare_samplers`.
        centre: The baseline, which stands at 0.
        lines: A parameter's name -> label -> the value of the parameter that the label stands for.
    """
    split = str(tests["split"][0]) if tests.height else ""
    shown = tests.filter(split=split, baseline=centre)
    found = {row["system"]: row for row in shown.iter_rows(named=True)}
    columns = min(_COLUMNS, len(lines))
    rows = math.ceil(len(lines) / columns)
    with style.figure(height=1.6 + 3.4 * rows) as drawn:
        panels = drawn.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for panel, (name, line) in zip(panels, lines.items(), strict=False):
            values = sorted(line.items(), key=lambda item: item[1])
            known = [(label, value) for label, value in values if label in {*found, centre}]
            panel.axhline(0.0, color=style.PALE_INK, linewidth=1.2, linestyle="--")
            for place, (label, _) in enumerate(known):
                _draw_point(panel, place, found.get(label))
            panel.set_xticks(range(len(known)), [f"{value:g}" for _, value in known])
            panel.set_xlim(-0.5, max(1, len(known)) - 0.5)
            panel.set_title(name)
            panel.grid(axis="x", visible=False)
        for panel in panels[len(lines) :]:
            panel.set_axis_off()
        drawn.supylabel("difference, with interval")
        drawn.suptitle(_told(shown, centre), x=0.01, ha="left")
    return drawn


def _draw_point(panel: Axes, place: int, test: Mapping[str, float] | None) -> None:
    """One value: its difference and interval, or the centre."""
    if test is None:
        panel.plot(place, 0.0, "D", color=style.INK, markersize=8)
        return
    low, high, middle = test["interval_low"], test["interval_high"], test["difference"]
    panel.plot([place, place], [low, high], color=style.BLUE, linewidth=2.5, alpha=0.6)
    panel.plot(place, middle, "o", color=style.BLUE, markersize=8)
    mean = f"{test['system_mean']:.4f}"
    panel.annotate(mean, (place, middle), (8, 5), textcoords="offset points", fontsize=10)


def _told(shown: pl.DataFrame, centre: str) -> str:
    if shown.is_empty():
        return "nothing was measured"
    row = shown.row(0, named=True)
    mean = f"{centre} (diamond: {row['baseline_mean']:.4f})"
    return f"{row['measure']} on {row['split']}: what a change of one parameter of {mean} does"
