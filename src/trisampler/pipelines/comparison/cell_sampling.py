"""The node that draws a cell's negatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trisampler.cells import Cell, SamplerParameters
from trisampler.incremental.parts import looks_at
from trisampler.negatives.settings import SamplingSettings
from trisampler.pipelines.sampling.nodes import negatives_drawer


def cell_drawer(cell: Cell) -> Callable[..., Any]:
    """The node function of round 1, with the cell's sampler and seed."""
    draw = negatives_drawer(1)

    @looks_at("sampler_parameters", lambda own: dict(own.get(cell.sampler, {})))
    def draw_negatives(
        sampling: SamplingSettings,
        sampler_parameters: SamplerParameters,
        seed: int,
        **inputs: Any,
    ) -> Any:
        """Draw each training pair's negatives with the cell's sampler."""
        return draw(
            sampling=cell.sampling(sampling, sampler_parameters), seed=cell.seed(seed), **inputs
        )

    return draw_negatives
