"""A comparison in plain words and few digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOSTLY = 0.5
_MOST_DECIMALS = 8


def comparison_sentence(comparison: Mapping[str, Any], alpha: float) -> str:
    """One sentence for one row of the comparisons table.

    It names a direction only where the corrected p-value is below `alpha`; elsewhere it says which
    difference would be found four times in five, if the row has one. Where the row says over
    how many seeds the comparison is, so does the sentence, and whether most of what is uncertain is
    uncertain because of them.
    """
    system, baseline = comparison["system"], comparison["baseline"]
    measure = comparison["measure"]
    queries = f"n = {comparison['queries']} {comparison['split']} queries"
    if "seeds" in comparison:
        queries += f" x {comparison['seeds']} seed{'s' if comparison['seeds'] > 1 else ''}"
        if comparison["seeds"] > 1 and comparison["seed_share"] > _MOSTLY:
            queries += f", {comparison['seed_share']:.0%} of the variance between seeds"
    p_value = "p" if comparison["family"] == 1 else "Holm-corrected p"
    text = p_value_text(comparison["p_holm"], alpha)
    p_value += f" {text}" if text.startswith("<") else f" = {text}"
    difference = comparison["difference"]
    low, high = comparison["interval_low"], comparison["interval_high"]
    coverage = f"{100 * (1 - alpha):g}% interval"
    if comparison["p_holm"] >= alpha:
        detectable = comparison["detectable"]
        power = f"; four times in five, {detectable:.3f} would be found" if detectable else ""
        return (
            f"{system} not distinguishable from {baseline} in {measure}: {p_value}, {queries} "
            f"(difference {difference:+.3f}, {coverage} {low:+.3f} to {high:+.3f}{power})"
        )
    if difference < 0:
        low, high = -high, -low
    direction = "above" if difference > 0 else "below"
    return (
        f"{system} {direction} {baseline} by {abs(difference):.3f} {measure} "
        f"({coverage} {low:.3f} to {high:.3f}, {p_value}, {queries})"
    )


def p_value_text(p_value: float, alpha: float | None = None) -> str:
    """`.31`, `.049`, `.0002`, `1`, `< .0001`: two digits that count, no leading zero.

    As many more as it takes to stand on the side of `alpha` that it is on.
    """
    if p_value >= 0.995:
        return "1"
    if p_value < 0.00005:
        return "< .0001"
    decimals = 2
    while decimals < 4 and p_value < 10.0 ** (1 - decimals):
        decimals += 1
    if alpha is not None:
        below = p_value < alpha
        while decimals < _MOST_DECIMALS and (round(p_value, decimals) < alpha) != below:
            decimals += 1
    return f"{p_value:.{decimals}f}".removeprefix("0")
