"""What the run of a comparison's cell is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
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
    """Stands for an MLflow run and its child, and keeps what it is told."""

    def __init__(self) -> None:
        self.name = ""
        self.parameters: dict[str, Any] = {}
        self.metrics: dict[str, float] = {}

    def child(self, name: str, tags: dict[str, str]) -> Told:
        self.name = name
        self.parameters.update(tags)
        return self

    def log_parameters(self, parameters: dict[str, Any]) -> None:
        self.parameters.update(parameters)

    def log_metrics(self, metrics: Any) -> None:
        self.metrics.update({name: value for name, value, _ in metrics})

    def log_artifact(self, path: Path, folder: str) -> None:
        raise AssertionError(f"{path} for {folder}: nothing here is a file")

    def end(self, status: str) -> None:
        assert status == "FINISHED"


def test_the_rounds_of_a_cell_are_added_up() -> None:
    cell = "comparison.chain.seed_1"
    contents = {"facts": FACTS, "training_history": HISTORY, "measurements": MEASUREMENTS}
    catalog = DataCatalog(
        {f"{cell}.{kind}": MemoryDataset(content) for kind, content in contents.items()}
        | {f"{cell}.diagnostics": MemoryDataset({})}
    )
    seconds = {
        f"{cell}.round_1.training.train_encoder": 2.0,
        f"{cell}.training.train_encoder": 3.0,
        "comparison.chain.seed_10.training.train_encoder": 50.0,
    }
    told = Told()
    log_cells(told, sorted(catalog.keys()), catalog, seconds)  # type: ignore[arg-type]
    assert told.name == "chain.seed_1"
    assert told.metrics["node_seconds/train_encoder"] == 5.0
    assert told.metrics["dev/AP"] == 0.5
    assert told.metrics["documents_encoded"] == 8
    assert told.parameters["variant"] == {"rounds": 2}
    assert told.parameters["trained"] == "in this run"
