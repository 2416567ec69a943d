"""What the training of a cell is called."""

from __future__ import annotations

import pytest

from sampler_cells import cell_of
from trisampler.cells import Cell
from trisampler.incremental.closures import closed_over
from trisampler.pipelines.comparison.cell_training import cell_trainer
from trisampler.variants import Variant


@pytest.mark.parametrize(
    ("cell", "round_number", "description"),
    [
        (cell_of("tri", 2), 1, "tri seed 2, round 1"),
        (Cell("ance-tri", Variant(sampler="tri", rounds=3), 1), 3, "ance-tri seed 1, round 3"),
    ],
)
def test_the_progress_bar_names_the_cell(cell: Cell, round_number: int, description: str) -> None:
    train = closed_over(cell_trainer(cell, round_number))["train"]
    assert train == {"round_number": round_number, "description": description}
