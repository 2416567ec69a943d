"""Where candidates and drawn negatives lie in the plane of the triangle.

x = cos(q, d-) and y = cos(d+, d-), with a = cos(q, d+); the curves are those of
`trisampler.negatives.geometry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.evaluation.plots import style
from trisampler.negatives.geometry import feasible_range, t1_floor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_CANDIDATES = 20_000


def plot_plane(plane: pl.DataFrame, title: str) -> Figure:
    """Candidates and drawn negatives with the triangle's boundaries, drawn at the mean a.

    Args:
        plane: cos_q_pos, cos_q_doc, cos_pos_doc, drawn; a row per (query, positive, candidate).
        title: Such as the name of the round and the sampler.
    """
    negatives = plane.filter("drawn")
    candidates = plane.filter(pl.col("drawn").not_())
    with style.figure(height=7.6) as drawn:
        triangle, margin = drawn.subplots(1, 2, width_ratios=[7, 5])
        limits = _limits(plane)
        if not plane.is_empty():
            a = float(plane["cos_q_pos"].to_numpy().mean(dtype=np.float64))
            _draw_boundaries(triangle, a, np.linspace(limits[0], 1.0, 801))
        _draw_points(triangle, candidates, style.PALE_INK, 7, "candidates")
        _draw_points(triangle, negatives, style.VERMILION, 16, "drawn negatives")
        triangle.set(xlim=limits, ylim=limits, aspect="equal")
        triangle.set_title(title, pad=24)
        triangle.set_xlabel("x = cos(q, d-): negative to query")
        triangle.set_ylabel("y = cos(d+, d-): negative to positive")
        _draw_margins(margin, _margins(candidates), _margins(negatives))
        drawn.legend(*triangle.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return drawn


def _limits(plane: pl.DataFrame) -> tuple[float, float]:
    """One range for both axes, so that y = x is a true diagonal. Rare outliers fall outside."""
    if plane.is_empty():
        return -0.05, 1.03
    cosines = np.concatenate([plane["cos_q_doc"].to_numpy(), plane["cos_pos_doc"].to_numpy()])
    return max(-1.0, min(float(np.quantile(cosines, 0.002)), 0.9) - 0.05), 1.03


def _draw_boundaries(panel: Axes, a: float, x: Floats) -> None:
    least, greatest = feasible_range(a, x)
    kept = np.maximum(x, least)
    panel.fill_between(
        x, kept, greatest, where=greatest >= kept, color=style.GREEN, alpha=0.10, linewidth=0
    )
    panel.plot(x, x, color=style.GREEN, linewidth=2.2, label="y = x: the ReLU keeps what is above")
    floor_label = "T1: the 60° screen keeps what is above"
    panel.plot(x, t1_floor(a, x), "--", color=style.PURPLE, linewidth=2, label=floor_label)
    panel.plot(x, greatest, color=style.INK, linewidth=1.4, label="feasible region at the mean a")
    panel.plot(x, least, color=style.INK, linewidth=1.4)
    panel.axvline(
        a, color=style.PALE_INK, linewidth=1.2, linestyle=":", label="x = a: as near as d+"
    )
    panel.plot(a, 1.0, marker="*", markersize=15, color=style.INK, clip_on=False, zorder=5)
    place: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom"}
    panel.annotate(f"d+, at the mean a = {a:.2f}", (a, 1.0), (0, 14), **place)


def _draw_points(panel: Axes, points: pl.DataFrame, colour: str, size: int, name: str) -> None:
    shown = points.gather_every(1 + points.height // _MOST_CANDIDATES)
    opacity = float(np.clip(3000 / max(1, shown.height), 0.12, 0.7))
    panel.scatter(
        shown["cos_q_doc"], shown["cos_pos_doc"], size, colour, alpha=opacity, linewidths=0
    )
    panel.scatter([], [], 40, colour, label=f"{name} ({points.height:,})")


def _margins(points: pl.DataFrame) -> Floats:
    x, y = (points[name].to_numpy() for name in ("cos_q_doc", "cos_pos_doc"))
    margins: Floats = np.subtract(y, x, dtype=np.float64)
    return margins


def _draw_margins(panel: Axes, candidates: Floats, negatives: Floats) -> None:
    """Histograms of y - x, whose positive part is the weight of the ReLU."""
    both = np.concatenate([candidates, negatives])
    low, high = np.quantile(both, [0.002, 0.998]) if len(both) else (-1.0, 1.0)
    edges = np.linspace(float(low), float(high), 61).tolist()
    for values, colour, name in (
        (candidates, style.PALE_INK, "candidates"),
        (negatives, style.VERMILION, "drawn negatives"),
    ):
        if len(values):
            label = f"{name}: {(values > 0).mean():.0%} above 0"
            panel.hist(values, edges, density=True, color=colour, alpha=0.5, label=label)
    panel.axvline(0, color=style.GREEN, linewidth=2.2)
    panel.set_title("The ReLU's argument", pad=24)
    panel.set_xlabel("y - x = cos(d+, d-) - cos(q, d-)")
    panel.set_ylabel("density")
    panel.margins(y=0.2)
    if len(both):
        panel.legend(loc="upper right", fontsize=11, frameon=True, framealpha=1, edgecolor="none")
