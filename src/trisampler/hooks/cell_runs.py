"""The cells of a comparison as MLflow runs inside the run of the comparison.

All that is logged comes from artifacts, so that cells kept from an earlier run appear as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from trisampler.hooks.mlflow_run import MlflowRun

if TYPE_CHECKING:
    import polars as pl
    from mlflow.entities import DatasetInput

    from trisampler.incremental.keys import Catalog

NODE_SECONDS = "node_seconds/"
"""Begins the name of the metric that says how long a node took."""

_PREFIX = "comparison."
_PARAMETERS = ("sampler", "sampler_parameters", "variant", "seed_number", "seed", "formula")
_SHORTEST = 0.001  # seconds: of cells from earlier runs, so that all stay in their order
_ARTIFACTS = ("facts", "diagnostics", "training_history")


def is_of_a_cell(name: str) -> bool:
    """Whether a dataset, or a node, is that of a cell."""
    return name.startswith(_PREFIX) and name.count(".") > 2


def log_cells(
    run: MlflowRun,
    names: Sequence[str],
    catalog: Catalog,
    node_seconds: Mapping[str, float],
    inputs: Sequence[DatasetInput],
) -> None:
    """One child of `run` for each finished cell.

    They stand one after the other in time, up to now, each as long as its nodes took. The first by
    name is the newest: MLflow shows the newest first.

    Args:
        run: Of the comparison.
        names: Datasets that exist.
        catalog: Where they are.
        node_seconds: By node, of the nodes that this run ran.
        inputs: The data that all of them share.
    """
    cells = _finished(names)
    seconds = {cell: _seconds(cell, node_seconds) for cell in cells}
    lasted = {cell: max(sum(each.values()), _SHORTEST) for cell, each in seconds.items()}
    began = time.time() - sum(lasted.values())
    for cell in reversed(cells):
        made = "in this run" if "train_encoder" in seconds[cell] else "in an earlier run"
        child = run.child(cell.removeprefix(_PREFIX), {"trained": made}, began)
        began += lasted[cell]
        with _closed(child, began):
            child.log_inputs(inputs)
            _log_cell(child, cell, catalog)
            child.log_metrics(
                (f"{NODE_SECONDS}{node}", took, 0) for node, took in seconds[cell].items()
            )


def comparison_metrics(table: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Every number of the comparison's table."""
    for row in table.iter_rows(named=True):
        for column, value in row.items():
            if column != "sampler" and value is not None:
                yield f"comparison/{row['sampler']}/{column}", value, 0


@contextmanager
def _closed(child: MlflowRun, at: float) -> Iterator[None]:
    """Close the child at the end, as FAILED where that is an error: nobody else knows of it."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            child.end("FAILED", at)
        raise
    child.end("FINISHED", at)


def _finished(names: Sequence[str]) -> list[str]:
    facts = [name for name in names if is_of_a_cell(name) and name.endswith(".facts")]
    cells = [name.rpartition(".")[0] for name in sorted(facts)]
    return [cell for cell in cells if f"{cell}.measurements" in names]


def _seconds(cell: str, node_seconds: Mapping[str, float]) -> dict[str, float]:
    """How long the cell's nodes took, by their names within it."""
    seconds: dict[str, float] = {}
    for node, spent in node_seconds.items():
        if node.startswith(f"{cell}."):
            # The rounds of a variant have nodes of one name: together they are what it took.
            name = node.rpartition(".")[2]
            seconds[name] = seconds.get(name, 0.0) + spent
    return seconds


def _log_cell(child: MlflowRun, cell: str, catalog: Catalog) -> None:
    from trisampler.incremental.keys import artifact_path

    facts = catalog.load(f"{cell}.facts")
    child.log_parameters({name: facts[name] for name in _PARAMETERS})
    child.log_metrics(_numbers(facts))
    child.log_metrics(_means(catalog.load(f"{cell}.measurements")))
    child.log_metrics(_curves(catalog.load(f"{cell}.training_history")))
    for kind in _ARTIFACTS:
        path = artifact_path(catalog, f"{cell}.{kind}")
        if path is not None:
            child.log_artifact(path, "reporting")


def _numbers(facts: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    for name, value in facts.items():
        if name not in _PARAMETERS and isinstance(value, int | float):
            yield name, value, 0


def _means(measurements: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    groups = measurements.group_by("split", "measure", maintain_order=True)
    for (split, measure), group in groups:
        yield f"{split}/{measure}", float(group["value"].to_numpy().mean()), 0


def _curves(history: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Loss, dev measure and documents so far, by step."""
    from trisampler.evaluation.comparison_cells import documents_so_far

    documents = history.select(documents_so_far())["documents"]
    for row, so_far in zip(history.iter_rows(named=True), documents, strict=True):
        yield "documents_encoded", so_far, row["step"]
        for column, value in row.items():
            if (column == "loss" or column.startswith("dev_")) and value is not None:
                yield column, value, row["step"]
