"""Cells that differ from the parameters in nothing but their sampler."""

from __future__ import annotations

from trisampler.cells import Cell
from trisampler.variants import Variant


def cell_of(sampler: str, number: int) -> Cell:
    """The sampler's training of that seed number."""
    return Cell(sampler, Variant(sampler=sampler), number)
