"""The node that draws a cell's negatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trisampler.cells import Cell
from trisampler.incremental.own_functions import calls_named
from trisampler.incremental.parts import looks_at
from trisampler.negatives.settings import SamplingSettings
from trisampler.pipelines.sampling.nodes import negatives_drawer
from trisampler.variants import SamplerParameters


def cell_drawer(cell: Cell, round_number: int) -> Callable[..., Any]:
    """The node function of a round, with the cell's sampler and seed."""
    draw = negatives_drawer(round_number)

    @calls_named("sampling", lambda _: (cell.variant.sampler,))
    @looks_at("sampler_parameters", lambda own: dict(own.get(cell.variant.sampler, {})))
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
