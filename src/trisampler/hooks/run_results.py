"""What a finished run logs: numbers, histories, inputs and artifacts, plain from the catalog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trisampler.evaluation.flatten import leaves
from trisampler.hooks.cell_runs import comparison_metrics, is_of_a_cell, log_cells
from trisampler.hooks.run_inputs import dataset_inputs
from trisampler.hooks.run_texts import description

if TYPE_CHECKING:
    import polars as pl
    from kedro.pipeline import Pipeline

    from trisampler.hooks.mlflow_run import MlflowRun
    from trisampler.incremental.keys import Catalog


def log_results(
    run: MlflowRun,
    pipeline: Pipeline,
    catalog: Catalog,
    saved: Collection[str],
    node_seconds: Mapping[str, float],
) -> None:
    """Log all that the pipeline has made, now or before.

    Args:
        run: That is logged to.
        pipeline: What was run.
        catalog: Its catalog.
        saved: Datasets that this run made. Encoders are large: a run holds those it trained.
        node_seconds: By node, of the nodes that this run ran.
    """
    made = sorted(name for name in pipeline.all_outputs() if catalog.exists(name))
    names = [name for name in made if not is_of_a_cell(name)]
    run.describe(description(names, catalog))
    _log_facts(run, names, catalog)
    inputs = dataset_inputs(names, catalog)
    run.log_inputs(inputs)
    if "comparison_table" in names:
        log_cells(run, made, catalog, node_seconds, inputs)
    for name in names:
        if name.endswith(".training_history"):
            run.log_metrics(_history(name.partition(".")[0], catalog.load(name)))
        if name.endswith(".index_report"):
            recall = catalog.load(name)["recall"]
            run.log_metrics([(f"index/{name.partition('.')[0]}/recall", recall, 0)])
    log_artifacts(run, [name for name in names if not _is_model(name, catalog)], catalog)
    log_models(run, [name for name in names if name in saved], catalog)


def _log_facts(run: MlflowRun, names: Collection[str], catalog: Catalog) -> None:
    for name, numbers in _NUMBERS.items():
        if name in names:
            run.log_metrics(numbers(catalog.load(name)))
    for name, tags in _TAGS.items():
        if name in names:
            for tag, value in tags(catalog.load(name)).items():
                run.set_tag(tag, value)


def log_models(run: MlflowRun, names: Collection[str], catalog: Catalog) -> None:
    """Log those of the datasets that are models."""
    log_artifacts(run, [name for name in names if _is_model(name, catalog)], catalog)


def log_artifacts(run: MlflowRun, names: Collection[str], catalog: Catalog) -> None:
    """Log files and folders as they are, in the folder that the catalog says, if it says one."""
    from trisampler.incremental.keys import artifact_path

    for name in names:
        path, folder = artifact_path(catalog, name), _folder(name, catalog)
        if path is not None and folder is not None:
            run.log_artifact(path, "/".join([folder, *name.split(".")[:-1]]))


def _is_model(name: str, catalog: Catalog) -> bool:
    return _folder(name, catalog) == "models"


def _folder(name: str, catalog: Catalog) -> str | None:
    return (getattr(catalog.get(name), "metadata", None) or {}).get("mlflow")


def _metrics(metrics: dict[str, dict[str, dict[str, float]]]) -> Iterator[tuple[str, float, int]]:
    """From `{split: {system: {measure: value}}}`; a round is a step, so MLflow draws a line."""
    for split, systems in metrics.items():
        for system, measures in systems.items():
            for measure, value in measures.items():
                yield f"{split}/{system}/{measure}", value, 0
                if system.startswith("encoder_"):
                    yield f"{split}/encoder/{measure}", value, int(system.removeprefix("encoder_"))


def _audit(audit: dict[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Every number of every round; the round is the step."""
    for told in audit["rounds"]:
        for name, value in leaves(told):
            if isinstance(value, int | float) and name != "round":
                yield f"audit/{name}", value, told["round"]


def _release(report: dict[str, Any]) -> Iterator[tuple[str, float, int]]:
    """How many documents the bundle has, and how many of them changed last."""
    for name, value in {"documents": report["documents"], **report["last_change"]}.items():
        if isinstance(value, int):
            yield f"release/{name}", value, 0


def _promotion(decision: dict[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Every number of the gate's test."""
    for name, value in (decision["test"] or {}).items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"promotion/{name}", value, 0


def _history(round_name: str, history: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    for row in history.iter_rows(named=True):
        for column, value in row.items():
            if column != "step" and value is not None:
                yield f"{round_name}/{column}", value, row["step"]


_NUMBERS: dict[str, Callable[[Any], Iterator[tuple[str, float, int]]]] = {
    "metrics": _metrics,
    "audit": _audit,
    "release_report": _release,
    "promotion": _promotion,
    "comparison_table": comparison_metrics,
}

_TAGS: dict[str, Callable[[Any], dict[str, str]]] = {
    "promotion": lambda decision: {
        "gate": "promoted" if decision["promoted"] else "refused",
        "gate.reason": decision["reason"],
    },
    "registered_model": lambda told: {
        "registered_model": f"{told['model']}/{told['version']}",
        "registered_model.alias": str(told["alias"]),
    },
}
