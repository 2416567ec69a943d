"""What the rounds' negatives were like, from round to round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trisampler.evaluation.flatten import look_up
from trisampler.evaluation.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_INTERVAL = ("value", "low", "high")
_QUARTILES = ("median", "lower", "upper")
_SPREAD = 0.08  # of the width, between the first and the last line, so that bars stand apart


@dataclass(frozen=True)
class _Line:
    """A number of each round, by its dotted key; with bars where keys of a range are named."""

    label: str
    colour: str
    key: str
    within: tuple[str, str, str] | None = None
    dashed: bool = False


@dataclass(frozen=True)
class _Panel:
    title: str
    axis: str
    lines: tuple[_Line, ...]
    absent: str = ""  # said where no line has a number


_PANELS = (
    _Panel(
        "Negatives that are relevant in truth",
        "share of the negatives",
        (
            _Line("as drawn", style.VERMILION, "false_negatives.rate", _INTERVAL),
            _Line(
                "drawn uniformly from the candidates",
                style.PALE_INK,
                "false_negatives.base_rate",
                _INTERVAL,
                dashed=True,
            ),
        ),
        absent="Not counted: no judgements were hidden.\nSee audit.hidden_share.",
    ),
    _Panel(
        "Where candidates and negatives lie",
        "share of the candidates, or negatives",
        (
            _Line("r > 0, negatives", style.GREEN, "drawn_share_leaning_to_positive"),
            _Line("r > 0, candidates", style.GREEN, "share_leaning_to_positive", dashed=True),
            _Line("harder than d+, negatives", style.VERMILION, "drawn_share_harder_than_positive"),
            _Line(
                "harder than d+, candidates",
                style.VERMILION,
                "share_harder_than_positive",
                dashed=True,
            ),
        ),
    ),
    _Panel(
        "How many candidates count",
        "candidates of a pair: median, quartiles",
        (
            _Line("effective size of g", style.BLUE, "effective_sample_size.g", _QUARTILES),
            _Line("effective size of g·r", style.GREEN, "effective_sample_size.g_r", _QUARTILES),
            _Line("M, kept by the first stage", style.ORANGE, "kept_by_first_stage", _QUARTILES),
        ),
    ),
    _Panel(
        "Limits of the draw",
        "share",
        (
            _Line("negatives that the former round had", style.BLUE, "overlap_with_former_round"),
            _Line(
                "negatives filled up for want of weight",
                style.VERMILION,
                "share_filled_without_weight",
            ),
            _Line("candidates behind the guard", style.PURPLE, "share_of_candidates_guarded"),
            _Line("pairs with the least M", style.SKY, "kept_by_first_stage.share_at_least"),
            _Line("pairs with the most M", style.ORANGE, "kept_by_first_stage.share_at_most"),
        ),
    ),
)


def plot_sampling(audit: Mapping[str, Any]) -> Figure:
    """The key figures of every round; a line that has none is left out.

    Args:
        audit: of `trisampler.negatives.audit.audit_rounds`.
    """
    if not any(told["negatives"] for told in audit["rounds"]):
        with style.figure(height=1.5) as drawn:
            drawn.text(0.5, 0.5, "The sampler mines no negatives.", ha="center", va="center")
        return drawn
    with style.figure(height=10.0) as drawn:
        cells = drawn.subplots(2, 2).flat
        for cell, panel in zip(cells, _PANELS, strict=True):
            _draw_panel(cell, panel, audit["rounds"])
    return drawn


def _draw_panel(cell: Axes, panel: _Panel, rounds: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.ticker import PercentFormatter

    lines = [line for line in panel.lines if not np.isnan(_values(line, rounds)[0]).all()]
    for place, line in enumerate(lines):
        aside = place / (len(lines) - 1) - 0.5 if line.within and len(lines) > 1 else 0.0
        _draw_line(cell, line, rounds, _SPREAD * len(rounds) * aside)
    cell.set_title(panel.title)
    if not lines:
        middle: dict[str, Any] = {"ha": "center", "va": "center", "color": style.PALE_INK}
        cell.text(0.5, 0.5, panel.absent, transform=cell.transAxes, **middle)
        cell.set_axis_off()
        return
    cell.set_ylabel(panel.axis)
    cell.set_xlim(0.5, len(rounds) + 0.5)
    cell.set_xticks(range(1, len(rounds) + 1), [f"round {each['round']}" for each in rounds])
    cell.grid(axis="x", visible=False)
    cell.set_ylim(bottom=0)
    if panel.axis.startswith("share"):
        cell.yaxis.set_major_formatter(PercentFormatter(1.0))
    cell.legend(loc="upper center", bbox_to_anchor=(0.5, -0.09), ncols=2, fontsize=11)


def _draw_line(cell: Axes, line: _Line, rounds: Sequence[Mapping[str, Any]], offset: float) -> None:
    value_R, low_R, high_R = _values(line, rounds)
    cell.errorbar(
        np.arange(1, len(rounds) + 1) + offset,
        value_R,
        [value_R - low_R, high_R - value_R] if line.within else None,
        color=line.colour,
        linestyle="--" if line.dashed else "-",
        linewidth=2,
        marker="o",
        markersize=7,
        markerfacecolor="white" if line.dashed else line.colour,
        capsize=4,
        clip_on=False,
        label=line.label,
    )


def _values(line: _Line, rounds: Sequence[Mapping[str, Any]]) -> list[Floats]:
    """The line's numbers (R,), and where it has bars their ends; NaN where a round has none."""
    keys = [f"{line.key}.{name}" for name in line.within] if line.within else 3 * [line.key]
    return [np.array([look_up(told, key) for told in rounds], np.float64) for key in keys]
