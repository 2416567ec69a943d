"""One MLflow run per `kedro run` that has something to do.

The run starts with the first node and logs plain files from the catalog at the end, so that a run
that only re-made a part still shows the whole. Where MLflow cannot be reached, the work goes on and
one warning says so.
"""

from __future__ import annotations

import atexit
import logging
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from trisampler.hooks.cell_runs import comparison_metrics, is_of_a_cell, log_cells
from trisampler.hooks.tracking_settings import TrackingSettings, check_tracking

if TYPE_CHECKING:
    import polars as pl
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from trisampler.hooks.mlflow_run import MlflowRun

_logger = logging.getLogger(__name__)
_INPUTS = ("corpus", "queries", "train_judgements", "dev_judgements", "test_judgements")


class TrackingHooks:
    """Follows a run from its first node to its end."""

    def __init__(self) -> None:
        self._settings: TrackingSettings | None = None
        self._project = Path()
        self._run_name = ""
        self._run: MlflowRun | None = None
        self._lost = False
        self._node_started: dict[str, float] = {}
        self._node_seconds: dict[str, float] = {}
        self._saved: set[str] = set()
        self.where: str | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read and check tracking.yml."""
        self.__init__()  # type: ignore[misc]
        self._settings = check_tracking(context.config_loader["tracking"])
        self._project = context.project_path

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Remember what the run is called."""
        self._run_name = run_params["run_id"]

    @hook_impl
    def before_node_run(self, node: Node, catalog: DataCatalog) -> None:
        """Start the MLflow run with the first node that really runs."""
        if self._run is None and not self._lost and self._settings and self._settings.enabled:
            self._attempt(lambda: self._start(catalog))
        self._node_started[node.name] = perf_counter()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Log how long the node took."""
        seconds = perf_counter() - self._node_started[node.name]
        self._node_seconds[node.name] = seconds
        if not is_of_a_cell(node.name):
            self._attempt(lambda: self._log([(f"node_seconds/{node.name}", seconds, 0)]))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Remember what this run made."""
        self._saved.add(dataset_name)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Mark the run failed, with the error."""
        self._finish("FAILED", {"error": f"{type(error).__name__}: {error}"})

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log metrics, histories, inputs and artifacts, and close the run."""
        if self._run is not None:
            self._attempt(lambda: self._log_results(pipeline, catalog))
            self._finish("FINISHED", {})

    def _start(self, catalog: DataCatalog) -> None:
        from trisampler.hooks.mlflow_run import MlflowRun

        settings = self._settings
        assert settings is not None
        server = os.environ.get("MLFLOW_TRACKING_URI")
        uri = server or f"sqlite:///{(self._project / settings.database).as_posix()}"
        artifacts = None if server else self._project / settings.artifacts
        self._run = MlflowRun(
            uri, settings.experiment, artifacts, self._run_name, _git_tags(self._project)
        )
        atexit.register(self._abandon)
        self.where = f"{uri}, experiment {settings.experiment!r}, run {self._run.run_id}"
        self._run.log_parameters(_flatten(catalog.load("parameters")))

    def _log(self, metrics: list[tuple[str, float, int]]) -> None:
        if self._run is not None:
            self._run.log_metrics(metrics)

    def _log_results(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        assert self._run is not None
        made = sorted(name for name in pipeline.all_outputs() if catalog.exists(name))
        names = [name for name in made if not is_of_a_cell(name)]
        for name, numbers in _NUMBERS.items():
            if name in names:
                self._log(list(numbers(catalog.load(name))))
        if "comparison_table" in names:
            log_cells(self._run, made, catalog, self._node_seconds)
        for name in names:
            if name.endswith(".training_history"):
                self._log(list(_history(name.partition(".")[0], catalog.load(name))))
            if name.endswith(".index_report"):
                recall = catalog.load(name)["recall"]
                self._log([(f"index/{name.partition('.')[0]}/recall", recall, 0)])
        for name in _INPUTS:
            if name in names:
                self._log_input(name, catalog)
        for name in names:
            self._log_artifact(name, catalog)

    def _log_input(self, name: str, catalog: DataCatalog) -> None:
        from trisampler.incremental.keys import artifact_path
        from trisampler.incremental.records import content_digest

        path = artifact_path(catalog, name)
        if path is not None and self._run is not None:
            context = name.partition("_")[0] if name.endswith("_judgements") else "corpus"
            self._run.log_input(name, content_digest(path), path.name, context)

    def _log_artifact(self, name: str, catalog: DataCatalog) -> None:
        from trisampler.incremental.keys import artifact_path

        assert self._run is not None
        path = artifact_path(catalog, name)
        folder = (getattr(catalog.get(name), "metadata", None) or {}).get("mlflow")
        # Encoders are large: a run holds those it trained.
        if path is None or folder is None or (folder == "models" and name not in self._saved):
            return
        self._run.log_artifact(path, "/".join([folder, *name.split(".")[:-1]]))

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something with MLflow; on any failure say so once and track no further."""
        if self._lost:
            return
        try:
            action()
        except Exception as error:  # tracking must never cost a training run
            self._lost = True
            self._run = None
            self.where = None
            _logger.warning(
                "MLflow tracking is off for the rest of this run: %s: %s",
                type(error).__name__,
                str(error).splitlines()[0] if str(error) else "",
            )

    def _finish(self, status: str, tags: Mapping[str, str]) -> None:
        run = self._run
        if run is None:
            return

        def close() -> None:
            for name, value in tags.items():
                run.set_tag(name, value)
            run.end(status)

        self._attempt(close)
        self._run = None

    def _abandon(self) -> None:
        self._finish("KILLED", {"error": "The process ended before the run did."})


def _flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    if hasattr(tree, "model_dump"):
        tree = tree.model_dump(mode="json")
    if isinstance(tree, dict) and tree:
        flat: dict[str, Any] = {}
        for key, value in tree.items():
            flat.update(_flatten(value, f"{prefix}.{key}" if prefix else str(key)))
        return flat
    return {prefix: tree}


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
        for name, value in _flatten(told).items():
            if isinstance(value, int | float) and name != "round":
                yield f"audit/{name}", value, told["round"]


def _release(report: dict[str, Any]) -> Iterator[tuple[str, float, int]]:
    """How many documents the bundle has, and how many of them changed last."""
    for name, value in {"documents": report["documents"], **report["last_change"]}.items():
        if isinstance(value, int):
            yield f"release/{name}", value, 0


def _history(round_name: str, history: pl.DataFrame) -> Iterator[tuple[str, float, int]]:
    for row in history.iter_rows(named=True):
        for column, value in row.items():
            if column != "step" and value is not None:
                yield f"{round_name}/{column}", value, row["step"]


_NUMBERS: dict[str, Callable[[Any], Iterator[tuple[str, float, int]]]] = {
    "metrics": _metrics,
    "audit": _audit,
    "release_report": _release,
    "comparison_table": comparison_metrics,
}


def _git_tags(project: Path) -> dict[str, str]:
    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=project,
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {}
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {
        "mlflow.source.git.commit": commit,
        "git.uncommitted_changes": str(bool(changed)).lower(),
    }
