"""The cells of a comparison as MLflow runs inside the run of the comparison.

All that is logged comes from artifacts, so that cells kept from an earlier run appear as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trisampler.hooks.mlflow_run import MlflowRun

if TYPE_CHECKING:
    import polars as pl

    from trisampler.incremental.keys import Catalog

_PREFIX = "comparison."
_PARAMETERS = ("sampler", "sampler_parameters", "variant", "seed_number", "seed", "formula")
_ARTIFACTS = ("facts", "diagnostics", "training_history")


def is_of_a_cell(name: str) -> bool:
    """Whether a dataset, or a node, is that of a cell."""
    return name.startswith(_PREFIX) and name.count(".") > 2


def log_cells(
    run: MlflowRun, names: Sequence[str], catalog: Catalog, node_seconds: Mapping[str, float]
) -> None:
    """One child of `run` for each finished cell.

    Args:
        run: Of the comparison.
        names: Datasets that exist.
        catalog: Where they are.
        node_seconds: By node, of the nodes that this run ran.
    """
    for name in names:
        cell, _, kind = name.rpartition(".")
        if is_of_a_cell(name) and kind == "facts" and f"{cell}.measurements" in names:
            _log_cell(run, cell, catalog, node_seconds)


def comparison_metrics(table: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Every number of the comparison's table."""
    for row in table.iter_rows(named=True):
        for column, value in row.items():
            if column != "sampler" and value is not None:
                yield f"comparison/{row['sampler']}/{column}", value, 0


def _log_cell(
    run: MlflowRun, cell: str, catalog: Catalog, node_seconds: Mapping[str, float]
) -> None:
    from trisampler.incremental.keys import artifact_path

    facts = catalog.load(f"{cell}.facts")
    seconds: dict[str, float] = {}
    for node, spent in node_seconds.items():
        if node.startswith(f"{cell}."):
            # The rounds of a variant have nodes of one name: together they are what it took.
            name = node.rpartition(".")[2]
            seconds[name] = seconds.get(name, 0.0) + spent
    made = "in this run" if "train_encoder" in seconds else "in an earlier run"
    child = run.child(cell.removeprefix(_PREFIX), {"trained": made})
    child.log_parameters({name: facts[name] for name in _PARAMETERS})
    child.log_metrics(_numbers(facts))
    child.log_metrics(_means(catalog.load(f"{cell}.measurements")))
    child.log_metrics(_curves(catalog.load(f"{cell}.training_history")))
    child.log_metrics((f"node_seconds/{node}", spent, 0) for node, spent in seconds.items())
    for kind in _ARTIFACTS:
        path = artifact_path(catalog, f"{cell}.{kind}")
        if path is not None:
            child.log_artifact(path, "reporting")
    child.end("FINISHED")


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
