"""One MLflow run per `kedro run` that has something to do, or part of one that others share.

The run starts with the first node and logs plain files from the catalog at the end, so that a run
that only re-made a part still shows the whole. Where MLFLOW_RUN_ID names a run that was opened
before (see `shared_run`), what only this process knows is added to it: how long nodes took, and the
models that were trained. Where MLflow cannot be reached, the work goes on and one warning says so.
"""

from __future__ import annotations

import atexit
import logging
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from trisampler.hooks.cell_runs import NODE_SECONDS, is_of_a_cell
from trisampler.hooks.run_results import log_models, log_results
from trisampler.hooks.tracking_settings import TrackingSettings, check_tracking, shared_run_id
from trisampler.interruption import before_leaving
from trisampler.secrets import first_line, without_secrets

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from trisampler.hooks.mlflow_run import MlflowRun
    from trisampler.registry.registration import SourceRun
    from trisampler.registry.registry import Registry

_logger = logging.getLogger(__name__)


class TrackingHooks:
    """Follows a run from its first node to its end."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._settings: TrackingSettings | None = None
        self._project = Path()
        self._run_params: dict[str, Any] = {}
        self._run: MlflowRun | None = None
        self._shared = shared_run_id() is not None
        self._lost = False
        self._node_started: dict[str, float] = {}
        self._node_seconds: dict[str, float] = {}
        self._saved: set[str] = set()
        self.where: str | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read and check tracking.yml."""
        self._reset()
        self._settings = check_tracking(context.config_loader["tracking"])
        self._project = context.project_path

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Tell the datasets that lie in the model registry where it is."""
        from trisampler.datasets.registry import ChampionHandle, RegisteredModelDataset

        for name in ("champion", "registered_model"):
            dataset = catalog.get(name)
            if isinstance(dataset, ChampionHandle | RegisteredModelDataset):
                dataset.tracking = self

    def registry(self) -> Registry | None:
        """See `trisampler.datasets.registry.Tracking`."""
        from trisampler.hooks.own_artifacts import registry_of
        from trisampler.registry import RegistryError

        settings = self._settings
        if settings is None or not settings.enabled:
            return None
        if self._lost:
            raise RegistryError("MLflow did not answer earlier in this run.")
        return registry_of(settings, self._project)

    def source_run(self) -> SourceRun | None:
        """See `trisampler.datasets.registry.Tracking`."""
        from trisampler.hooks.run_texts import gate_command
        from trisampler.registry.registration import SourceRun

        run = self._run
        if run is None:
            return None
        return SourceRun(run.experiment_id, run.run_id, gate_command(self._run_params))

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Remember what is run."""
        self._run_params = run_params

    @hook_impl
    def before_node_run(self, node: Node, catalog: DataCatalog) -> None:
        """Start or join the MLflow run with the first node that really runs."""
        if self._run is None and not self._lost and self._settings and self._settings.enabled:
            self._attempt(lambda: self._start(catalog))
        self._node_started[node.name] = perf_counter()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Log how long the node took."""
        seconds = perf_counter() - self._node_started[node.name]
        self._node_seconds[node.name] = seconds
        # A cell's are logged with its own run, at the end: of shared runs, by another process.
        if self._shared or not is_of_a_cell(node.name):
            self._attempt(lambda: self._log_seconds(node.name, seconds))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Remember what this run made."""
        self._saved.add(dataset_name)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Mark the run failed, with the error and where it was raised."""
        run = self._run
        if run is not None:
            text = "".join(traceback.format_exception(error))
            self._attempt(lambda: run.log_text(text, "traceback.txt"))
        self._finish("FAILED", {"error": f"{type(error).__name__}: {error}"})

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log metrics, histories, inputs and artifacts, and close the run."""
        if self._run is not None:
            self._attempt(lambda: self._log_results(pipeline, catalog))
            self._finish("FINISHED", {})

    def _start(self, catalog: DataCatalog) -> None:
        from trisampler.hooks.mlflow_run import MlflowRun
        from trisampler.hooks.own_artifacts import check_artifacts
        from trisampler.hooks.run_start import source_tags, start_run
        from trisampler.hooks.run_texts import command, run_name

        settings = self._settings
        assert settings is not None
        uri = settings.uri(self._project)
        run_id = shared_run_id()
        if run_id is not None:
            self._run = MlflowRun.join(uri, run_id)
        else:
            check_artifacts(settings, self._project)
            parameters = catalog.load("parameters")
            told = self._run_params
            tags = {"kedro.run_id": told["run_id"], **source_tags(command(told))}
            name = run_name(parameters, told)
            self._run = start_run(settings, self._project, name, parameters, tags)
            self._run.belong_to_this_process()
            atexit.unregister(self._abandon)  # of the run before, in a process of many
            atexit.register(self._abandon)
            before_leaving(self._abandon)
        self.where = without_secrets(
            f"{uri}, experiment {settings.experiment!r}, run {self._run.run_id}"
        )

    def _log_seconds(self, node: str, seconds: float) -> None:
        if self._run is not None:
            self._run.log_metrics([(f"{NODE_SECONDS}{node}", seconds, 0)])

    def _log_results(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        assert self._run is not None
        if self._shared:
            log_models(self._run, sorted(self._saved), catalog)
        else:
            log_results(self._run, pipeline, catalog, self._saved, self._node_seconds)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something with MLflow; on any failure say so once and track no further."""
        if self._lost:
            return
        try:
            action()
        except Exception as error:  # tracking must never cost a training run
            said = f"{type(error).__name__}: {first_line(error)}"
            _logger.warning("MLflow tracking is off for the rest of this run: %s", said)
            self._lose(said)

    def _lose(self, said: str) -> None:
        """Track no further, and leave no run open where MLflow lets it be closed."""
        run, self._run = self._run, None
        self._lost = True
        self.where = None
        if run is not None and not self._shared:
            with suppress(Exception):
                run.end("FAILED")
                run.set_tag("error", f"Tracking ended before the run did: {said}")

    def _finish(self, status: str, tags: Mapping[str, str]) -> None:
        run = self._run
        if run is None:
            return

        def close() -> None:
            for name, value in tags.items():
                run.set_tag(name, value)
            if not self._shared:
                run.end(status)

        self._attempt(close)
        self._run = None

    def _abandon(self) -> None:
        self._finish("KILLED", {"error": "The process ended before the run did."})
