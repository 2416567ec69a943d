"""How training went: loss and dev measure over steps, one line per round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler.evaluation.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_DEV_PREFIX = "dev_"


def plot_training(histories: Mapping[str, pl.DataFrame]) -> Figure:
    """Loss above, dev measure below.

    Args:
        histories: Name of the round -> step, loss (null at step 0, before training), and
            `dev_<measure>` columns that are null between measurements. The first dev column is
            drawn; a history may have none.
    """
    with style.figure(height=7.0) as drawn:
        loss, dev = drawn.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        dev_measures = set()
        for index, (name, history) in enumerate(histories.items()):
            colour = style.SERIES[index % len(style.SERIES)]
            _draw_loss(loss, name, history, colour)
            dev_measures |= _draw_dev(dev, name, history, colour)
        loss.set_title("Training loss (thin: each step; thick: running mean)")
        loss.set_ylabel("InfoNCE loss")
        loss.legend(loc="upper right")
        dev.set_title("Dev measure over the fixed pool (ring: best, kept)")
        dev.set_ylabel(", ".join(sorted(dev_measures)) or "not measured")
        if dev_measures:
            dev.legend(loc="best")
        dev.set_xlabel("Step")
    return drawn


def _draw_loss(panel: Axes, name: str, history: pl.DataFrame, colour: str) -> None:
    trained = history.drop_nulls("loss")
    steps, losses = trained["step"].to_numpy(), trained["loss"].to_numpy().astype(np.float64)
    panel.plot(steps, losses, color=colour, linewidth=0.8, alpha=0.35)
    window = max(1, len(losses) // 25)
    panel.plot(steps, _running_mean(losses, window), color=colour, linewidth=2.4, label=name)


def _draw_dev(panel: Axes, name: str, history: pl.DataFrame, colour: str) -> set[str]:
    columns = [column for column in history.columns if column.startswith(_DEV_PREFIX)]
    measured = history.drop_nulls(columns[0]) if columns else history.clear()
    if measured.is_empty():
        return set()
    steps, values = measured["step"].to_numpy(), measured[columns[0]].to_numpy()
    best = int(np.argmax(values))
    label = f"{name}: {values[best]:.4f} at step {steps[best]:,}"
    panel.plot(steps, values, "o-", color=colour, linewidth=2, markersize=5, label=label)
    panel.plot(steps[best], values[best], "o", markersize=13, fillstyle="none", color=colour)
    panel.margins(y=0.25)
    return {columns[0].removeprefix(_DEV_PREFIX)}


def _running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The mean of each value and up to `window` - 1 before it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    means: NDArray[np.float64] = (sums[ends] - sums[starts]) / (ends - starts)
    return means
