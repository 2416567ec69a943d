"""What the run of a comparison's cell is told."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.io import DataCatalog, MemoryDataset

from trisampler.hooks.cell_runs import log_cells

FACTS = {
    "sampler": "tri",
    "sampler_parameters": {"sigma": 2.0},
    "variant": {"rounds": 2},
    "seed_number": 1,
    "seed": 7,
    "formula": "g, then r",
    "steps": 3,
    "best_dev": None,
}
HISTORY = pl.DataFrame({"step": [0, 1], "loss": [None, 2.0], "documents": [None, 8]})
MEASUREMENTS = pl.DataFrame(
    {"split": ["dev"] * 2, "query_id": ["a", "b"], "measure": ["AP"] * 2, "value": [0.25, 0.75]}
)


class Told:
    """Stands for an MLflow run, and keeps what it and its children are told."""

    def __init__(self, name: str = "", began: float = 0.0) -> None:
        self.name = name
        self.began = self.ended = began
        self.status = "RUNNING"
        self.children: list[Told] = []
        self.inputs: list[Any] = []
        self.parameters: dict[str, Any] = {}
        self.metrics: dict[str, float] = {}

    def child(self, name: str, tags: dict[str, str], began: float) -> Told:
        child = Told(name, began)
        child.parameters.update(tags)
        self.children.append(child)
        return child

    def log_parameters(self, parameters: dict[str, Any]) -> None:
        self.parameters.update(parameters)

    def log_inputs(self, inputs: Any) -> None:
        self.inputs += inputs

    def log_metrics(self, metrics: Any) -> None:
        self.metrics.update({name: value for name, value, _ in metrics})

    def log_artifact(self, path: Path, folder: str) -> None:
        raise AssertionError(f"{path} for {folder}: nothing here is a file")

    def end(self, status: str, at: float) -> None:
        self.status, self.ended = status, at


def logged(cells: list[str], seconds: dict[str, float], parent: Told | None = None) -> list[Told]:
    contents = {
        "facts": FACTS,
        "training_history": HISTORY,
        "measurements": MEASUREMENTS,
        "diagnostics": {},
    }
    catalog = DataCatalog(
        {
            f"comparison.{cell}.{kind}": MemoryDataset(content)
            for cell in cells
            for kind, content in contents.items()
        }
    )
    run: Any = parent or Told()
    inputs: Any = ["corpus"]
    log_cells(run, sorted(catalog.keys()), catalog, seconds, inputs)
    children: list[Told] = run.children
    return children


def test_the_rounds_of_a_cell_are_added_up() -> None:
    cell = "comparison.chain.seed_1"
    seconds = {
        f"{cell}.round_1.training.train_encoder": 2.0,
        f"{cell}.training.train_encoder": 3.0,
        "comparison.chain.seed_10.training.train_encoder": 50.0,
    }
    (told,) = logged(["chain.seed_1"], seconds)
    assert told.name == "chain.seed_1"
    assert told.metrics["node_seconds/train_encoder"] == 5.0
    assert told.metrics["dev/AP"] == 0.5
    assert told.metrics["documents_encoded"] == 8
    assert told.parameters["variant"] == {"rounds": 2}
    assert told.parameters["trained"] == "in this run"
    assert told.inputs == ["corpus"]


def test_cells_last_as_long_as_their_nodes_and_the_first_is_the_newest() -> None:
    cells = ["in-batch.seed_1", "top-k.seed_1", "tri.seed_1"]
    seconds = {
        "comparison.in-batch.seed_1.training.train_encoder": 60.0,
        "comparison.in-batch.seed_1.search.search_dev": 2.0,
        "comparison.tri.seed_1.training.train_encoder": 20.0,
    }
    before = time.time()
    children = logged(cells, seconds)
    assert {child.status for child in children} == {"FINISHED"}
    assert [child.name for child in children] == cells[::-1]
    assert [child.ended - child.began for child in children] == pytest.approx(
        [20.0, 0.001, 62.0], abs=1e-4
    )
    for earlier, later in pairwise(children):
        assert earlier.began < later.began
        assert earlier.ended == later.began
    assert before - 0.1 <= children[-1].ended <= time.time()


def test_a_cell_that_cannot_be_logged_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError("mlartifacts")

    monkeypatch.setattr(Told, "log_metrics", refuse)
    parent = Told()
    with pytest.raises(PermissionError, match="mlartifacts"):
        logged(["top-k.seed_1", "tri.seed_1"], {}, parent)
    assert [child.status for child in parent.children] == ["FAILED"]
