"""Learning curves of samplers: the dev measure over the documents that training encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trisampler.evaluation.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (*style.SERIES, style.INK)
_DASHES = ("-", "--", ":")


def plot_curves(curves: pl.DataFrame, target: float | None) -> Figure:
    """One line per sampler, the mean over seeds, in a band from the lowest seed to the highest.

    Args:
        curves: sampler, seed_number, step, documents, measure, dev; see `gather_curves`.
        target: A score to draw a line at.
    """
    with style.figure(height=7.0) as drawn:
        panel = drawn.subplots()
        for place, sampler in enumerate(curves["sampler"].unique(maintain_order=True)):
            colour = _COLOURS[place % len(_COLOURS)]
            dashes = _DASHES[place // len(_COLOURS) % len(_DASHES)]
            line = _over_seeds(curves.filter(sampler=sampler))
            documents = line["documents"].to_numpy()
            panel.fill_between(
                documents, line["low"], line["high"], color=colour, alpha=0.13, linewidth=0
            )
            panel.plot(
                documents,
                line["mean"],
                dashes,
                color=colour,
                linewidth=2.2,
                marker="o",
                markersize=4,
                label=sampler,
            )
        if target is not None:
            panel.axhline(target, color=style.PALE_INK, linewidth=1.4, linestyle="--")
            place_of_words = {"textcoords": "offset points", "ha": "right", "va": "bottom"}
            panel.annotate(
                "target",
                (1.0, target),
                (-4, 3),
                xycoords=("axes fraction", "data"),
                color=style.PALE_INK,
                **place_of_words,  # type: ignore[arg-type]
            )
        panel.set_title("Learning curves (line: mean over seeds; band: lowest to highest)")
        panel.set_xlabel("Documents encoded in training")
        panel.set_ylabel(
            f"{curves['measure'][0]} on the dev pool" if curves.height else "not measured"
        )
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        if curves.height:
            drawn.legend(loc="outside lower center", ncols=min(7, curves["sampler"].n_unique()))
    return drawn


def _over_seeds(curves: pl.DataFrame) -> pl.DataFrame:
    """By step: documents, mean, low and high of the seeds that got there."""
    return (
        curves.group_by("step")
        .agg(
            pl.col("documents").mean(),
            pl.col("dev").mean().alias("mean"),
            pl.col("dev").min().alias("low"),
            pl.col("dev").max().alias("high"),
        )
        .sort("step")
    )
