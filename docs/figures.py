"""The figures of the page on the method, from the functions that mining itself uses.

`python docs/figures.py [FOLDER]` writes them, by default into docs/figures.

Letters: a = cos(q, d+), x = cos(q, d-), y = cos(d+, d-); P pairs, K candidates.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trisampler.evaluation.plots import style
from trisampler.negatives.draw import effective_size
from trisampler.negatives.geometry import feasible_range, leaning_cap, relu_support, t1_floor
from trisampler.negatives.sampler import EffectiveSize
from trisampler.negatives.samplers.tri import leaning, near_positive
from trisampler.negatives.scores import PairScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TEMPERATURE = 0.05
NEGATIVES = 4


def pair_scores(a: float, x_K: Floats, y_K: Floats, temperature: float) -> PairScores:
    """One pair of unit vectors and K candidates, as a sampler sees them."""
    a_P, x_PK, y_PK = np.float32([a]), np.float32([x_K]), np.float32([y_K])
    return PairScores(
        *(a_P, x_PK, y_PK),
        *(a_P, x_PK, y_PK),
        eligible_PK=np.ones(x_PK.shape, dtype=bool),
        lean_PK=y_PK - x_PK,
        temperature=temperature,
    )


def region() -> Figure:
    """Where the negatives of a quasi-triangle lie, for a near and a far positive."""
    with style.figure(width=11, height=5.6) as drawn:
        for panel, a in zip(drawn.subplots(1, 2), (0.8, 0.5), strict=True):
            x = np.linspace(-0.2, 1.0, 601)
            _boundaries(panel, a, x)
            least, greatest = feasible_range(a, x)
            floor = np.maximum(least, x)
            some = relu_support(floor, greatest)
            panel.fill_between(x, floor, greatest, where=some, color=style.GREEN, alpha=0.15)
            panel.plot(x, t1_floor(a, x), "--", color=style.PURPLE, label="T1: 60° at q")
            cap = float(leaning_cap(a))
            panel.plot(cap, cap, "o", color=style.VERMILION, label="√((1 + a) / 2)")
            panel.set_title(f"a = cos(q, d+) = {a}")
        drawn.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return drawn


def weights() -> Figure:
    """The two weights of `tri` and their product over the plane, each over its greatest."""
    a = 0.7
    x = np.linspace(0.3, 1.0, 281)
    grid_x, grid_y = np.meshgrid(x, np.linspace(0.0, 1.0, 401))
    scores = pair_scores(a, grid_x.ravel(), grid_y.ravel(), TEMPERATURE)
    near, lean = near_positive()(scores), leaning(scores)
    least, greatest = feasible_range(a, grid_x)
    outside = (grid_y < least) | (grid_y > greatest)
    named = {"g: first stage": near, "r: second stage": lean, "g · r: tri-product": near + lean}
    with style.figure(width=12, height=5) as drawn:
        for panel, (name, log_weight_PK) in zip(drawn.subplots(1, 3), named.items(), strict=True):
            weight = np.exp(log_weight_PK).reshape(grid_x.shape)
            weight = np.where(outside, np.nan, weight)
            filled = panel.contourf(
                grid_x, grid_y, weight / np.nanmax(weight), np.linspace(0, 1, 11), cmap="Greens"
            )
            _boundaries(panel, a, x)
            panel.set(title=name, xlim=(0.3, 1.0), ylim=(0.0, 1.02))
        drawn.colorbar(filled, ax=drawn.axes, label="over its greatest", shrink=0.8)
    return drawn


def first_stage() -> Figure:
    """How many candidates the first stage keeps as the temperature changes."""
    scores_K = np.linspace(0.75, 0.35, 200)  # a top-200 whose scores fall evenly
    temperatures = np.geomspace(0.005, 1.0, 81)
    with style.figure(width=8, height=4.6) as drawn:
        panel = drawn.subplots()
        near, keep = near_positive(), EffectiveSize()
        weights_PK = [
            near(pair_scores(0.6, scores_K, scores_K, float(one))) for one in temperatures
        ]
        sizes = [float(effective_size(one_PK)[0]) for one_PK in weights_PK]
        kept = [int(keep(one_PK, NEGATIVES)[0]) for one_PK in weights_PK]
        panel.plot(temperatures, sizes, color=style.GREEN, label="effective sample size of g")
        panel.plot(temperatures, kept, color=style.VERMILION, label="M: what the first stage keeps")
        panel.axvline(TEMPERATURE, color=style.PALE_INK, linestyle=":", label="the default, 0.05")
        panel.set(xscale="log", xlabel="temperature", ylabel="candidates of 200")
        panel.legend(loc="upper left")
    return drawn


def _boundaries(panel: Axes, a: float, x: Floats) -> None:
    least, greatest = feasible_range(a, x)
    panel.plot(x, greatest, color=style.INK, linewidth=1.4, label="feasible y")
    panel.plot(x, least, color=style.INK, linewidth=1.4)
    panel.plot(x, x, color=style.GREEN, linewidth=2, label="y = x: ReLU")
    panel.axvline(a, color=style.PALE_INK, linestyle=":", label="x = a")
    panel.set(xlabel="x = cos(q, d-)", ylabel="y = cos(d+, d-)", xlim=(-0.2, 1), ylim=(-0.6, 1.05))


FIGURES = {"region": region, "weights": weights, "first_stage": first_stage}


def write(folder: Path) -> None:
    """Write every figure as a PNG, the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        (folder / f"{name}.png").write_bytes(style.png(draw()))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures")
