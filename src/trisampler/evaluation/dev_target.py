"""How soon each sampler reaches where a baseline ended on the dev pool."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from trisampler.evaluation.comparison_cells import CellResult


class WayToTarget(NamedTuple):
    """The way of one sampler to the target.

    Attributes:
        seeds: How many of its trainings reached it.
        steps: At which at least half of the trainings had reached it; None where fewer ever did.
        documents: Encoded until then, in the same sense.
    """

    seeds: int
    steps: int | None
    documents: int | None


def target_score(baseline: Sequence[CellResult]) -> float | None:
    """The dev-pool score at which the baseline's trainings ended, their mean; None if unmeasured.

    It is the last measurement, not the best.
    """
    last = [cell.facts["last_dev"] for cell in baseline]
    if not last or None in last:
        return None
    return math.fsum(last) / len(last)


def way_to_target(cells: Sequence[CellResult], target: float | None) -> WayToTarget:
    """How soon the trainings of one sampler first measure `target` or more.

    A training that ends before it does is censored: all that is known is that it would take longer.
    Therefore the middle one counts, and not a mean, which would leave out the slow.

    Args:
        cells: One sampler's trainings.
        target: A dev-pool score.
    """
    if target is None:
        return WayToTarget(0, None, None)
    ways = []
    for cell in cells:
        reached = cell.curve.filter(cell.curve["dev"] >= target)
        if reached.height:
            ways.append((int(reached["step"][0]), int(reached["documents"][0])))
    half = math.ceil(len(cells) / 2)
    if len(ways) < half:
        return WayToTarget(len(ways), None, None)
    steps, documents = (sorted(numbers)[half - 1] for numbers in zip(*ways, strict=True))
    return WayToTarget(len(ways), steps, documents)
