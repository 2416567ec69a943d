"""What is told of a cell's negatives, and that it is of those which the cell trained on."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from evaluation.drawings import plane
from sampler_cells import cell_of
from trisampler.cells import Cell
from trisampler.pipelines.comparison.cell_telling import cell_teller
from trisampler.pipelines.comparison.nodes import plane_gatherer
from trisampler.training.settings import TrainingSettings
from trisampler.variants import Variant

FROZEN = {"frozen_documents": True, "negatives_per_query": 15, "in_batch_negatives": False}
TRI = cell_of("tri", 1)
ADORE = Cell("adore", Variant(sampler="top-k", training=FROZEN), 1)
OF_THE_DRAW = (
    "negatives",
    "candidates_per_pair",
    "drawn_share_leaning_to_positive",
    "drawn_share_harder_than_positive",
    "false_negatives",
    "false_negative_rate",
)


def facts_of(cell: Cell, training: TrainingSettings) -> dict[str, Any]:
    diagnostics = {
        "settings": {"sampler": cell.variant.sampler, "parameters": {}},
        "formula": "the rule",
        "seed": 7,
        "pairs": 1,
        "negatives": 2,
        "candidates_per_pair": 20.0,
        "drawn_share_leaning_to_positive": 0.75,
        "drawn_share_harder_than_positive": 0.25,
    }
    negatives = pl.DataFrame(
        {
            "query_id": ["q", "q"],
            "positive_id": ["p", "p"],
            "negative_id": ["d1", "d2"],
            "source": ["encoder", "encoder"],
        }
    )
    candidates = pl.DataFrame(
        {"query_id": ["q", "q"], "doc_id": ["d1", "d2"], "positive": [False, False]}
    )
    hidden = pl.DataFrame({"query_id": ["q"], "doc_id": ["d2"], "relevance": [1]})
    history = pl.DataFrame(
        {"step": [0, 1], "loss": [None, 1.0], "dev_AP": [0.1, 0.2], "documents": [None, 8]},
        schema_overrides={"documents": pl.Int32},
    )
    tell = cell_teller(cell)
    return tell(negatives, diagnostics, history, candidates, hidden, 0.05, training)


def test_false_negatives_and_shares_are_of_what_was_drawn() -> None:
    told = facts_of(TRI, TrainingSettings())
    assert [told[name] for name in OF_THE_DRAW] == [2, 20.0, 0.75, 0.25, 1, 0.5]
    assert told["rounds"] == 1
    ance = Cell("ance", Variant(sampler="top-k", rounds=3), 1)
    assert facts_of(ance, TrainingSettings())["rounds"] == 3


@pytest.mark.parametrize(
    ("cell", "training"), [(ADORE, TrainingSettings()), (TRI, TrainingSettings(**FROZEN))]
)
def test_nothing_is_told_of_a_draw_that_was_not_trained_on(
    cell: Cell, training: TrainingSettings
) -> None:
    told = facts_of(cell, training)
    assert [told[name] for name in OF_THE_DRAW] == [None] * len(OF_THE_DRAW)
    assert (told["steps"], told["best_dev"], told["seed"]) == (1, 0.2, 7)


def test_planes_are_of_those_that_trained_on_what_they_show() -> None:
    planes = {cell.name: plane(queries=2) for cell in (TRI, ADORE)}
    gather = plane_gatherer([TRI, ADORE])
    assert set(gather(TrainingSettings(), **planes)["sampler"]) == {"tri"}
    none = gather(TrainingSettings(**FROZEN), **planes)
    assert none.is_empty()
    assert none.columns[0] == "sampler"
