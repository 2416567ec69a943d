"""The MLflow run that several processes share: opened before the first, closed after the last.

Between the two, each process finds it by MLFLOW_RUN_ID (see `tracking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trisampler.errors import TrisamplerError
from trisampler.hooks.tracking_settings import (
    TrackingError,
    TrackingSettings,
    check_tracking,
    shared_run_id,
)

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.pipeline import Pipeline

    from trisampler.hooks.mlflow_run import MlflowRun
    from trisampler.incremental.keys import Catalog

_TAG = "trisampler.shared_run"
_MOST_TOLD = 5


class UnfinishedError(TrisamplerError):
    """A shared run is to be closed, and not everything has been made."""


def open_shared_run(context: KedroContext, name: str) -> str | None:
    """Start a run that nobody closes before `close_shared_run`, or let the one of that name go on.

    Args:
        context: Of the environment and the parameters that all processes have.
        name: The run's name: another for each run of a DAG, the same for a retry.

    Returns:
        The run's id; None where tracking is off.

    Raises:
        TrackingError: MLflow cannot be reached, or keeps artifacts in another project: nothing has
            been done yet that would be lost.
    """
    from trisampler.hooks.mlflow_run import MlflowRun
    from trisampler.hooks.own_artifacts import check_artifacts
    from trisampler.hooks.run_start import by_dotted_name, source_tags, start_run

    settings = _settings(context)
    if not settings.enabled:
        return None
    if "'" in name:
        raise TrackingError(f"--name {name}: a run's name may not have an apostrophe.")
    uri = settings.uri(context.project_path)
    check_artifacts(settings, context.project_path)
    with _told(uri):
        run = MlflowRun.newest_with_tag(uri, settings.experiment, _TAG, name)
        if run is None:
            tags = {_TAG: name, **source_tags("kedro tracking open")}
            run = start_run(settings, context.project_path, name, context.params, tags)
        else:
            run.reopen()
            known = run.parameters()
            given = by_dotted_name(context.params)
            run.log_parameters({name: given[name] for name in given.keys() - known.keys()})
    return run.run_id


def close_shared_run(context: KedroContext, pipeline: Pipeline) -> str | None:
    """Log what the pipeline has made and close the run: as FINISHED, or FAILED where some is not.

    Args:
        context: Of the environment and the parameters that all processes had.
        pipeline: What all processes together were to run.

    Returns:
        The run's id; None where tracking is off.

    Raises:
        UnfinishedError: Not everything is there and up to date; with tracking off, too.
        TrackingError: MLFLOW_RUN_ID names no run, or MLflow cannot be reached.
    """
    from trisampler.hooks.mlflow_run import MlflowRun

    settings = _settings(context)
    unmade = _unmade(pipeline, context.catalog)
    run_id = None
    if settings.enabled:
        run_id = _given_run_id()
        uri = settings.uri(context.project_path)
        with _told(uri):
            _close(MlflowRun.join(uri, run_id), pipeline, context.catalog, unmade)
    if unmade:
        raise UnfinishedError(
            f"The run has failed: {len(unmade)} nodes are not done: {_first(unmade)}"
        )
    return run_id


def _close(run: MlflowRun, pipeline: Pipeline, catalog: Catalog, unmade: Mapping[str, str]) -> None:
    if unmade:
        run.set_tag("error", f"Not made: {_first(unmade)}")
        run.end("FAILED")
        return
    if run.is_running():
        _log(run, pipeline, catalog)
    run.delete_tag("error")
    run.end("FINISHED")


def _settings(context: KedroContext) -> TrackingSettings:
    return check_tracking(context.config_loader["tracking"])


def _given_run_id() -> str:
    run_id = shared_run_id()
    if run_id is None:
        raise TrackingError(
            "MLFLOW_RUN_ID is not set: `kedro tracking open` prints the id of the run to close."
        )
    return run_id


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """What MLflow refuses, as one line that says where."""
    from mlflow.exceptions import MlflowException

    from trisampler.secrets import without_secrets

    try:
        yield
    except MlflowException as error:
        raise TrackingError(without_secrets(f"MLflow, {uri}: {error}").splitlines()[0]) from None


def _unmade(pipeline: Pipeline, catalog: Catalog) -> Mapping[str, str]:
    """Why each node would run, of those that would."""
    from trisampler.incremental.plan import make_plan

    plan = make_plan(pipeline, catalog)
    return {decision.node: decision.reason for decision in plan if decision.reason}


def _first(unmade: Mapping[str, str]) -> str:
    first = [f"{node} ({reason})" for node, reason in unmade.items()][:_MOST_TOLD]
    more = len(unmade) - len(first)
    return "; ".join(first) + (f"; and {more} more." if more else ".")


def _log(run: MlflowRun, pipeline: Pipeline, catalog: Catalog) -> None:
    from trisampler.hooks.cell_runs import NODE_SECONDS
    from trisampler.hooks.run_results import log_results

    seconds = {
        name.removeprefix(NODE_SECONDS): value
        for name, value in run.metrics().items()
        if name.startswith(NODE_SECONDS)
    }
    # The processes that trained models have logged them.
    log_results(run, pipeline, catalog, saved=(), node_seconds=seconds)
