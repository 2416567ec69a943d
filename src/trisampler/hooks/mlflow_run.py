"""One MLflow run, written through the client: no global active run to leak between sessions."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from trisampler.hooks.abandoned_runs import PROCESS, close_abandoned_runs, this_process
from trisampler.hooks.mlflow_names import mlflow_name
from trisampler.registry.client import connect
from trisampler.secrets import without_secrets

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

# MLflow's limits for one request and for one value.
_BATCH = 100
_METRICS_BATCH = 1000
_VALUE_LENGTH = 6000


class MlflowRun:
    """A run that has been started, by this process or another.

    Args:
        client: Of the store that has it.
        run: The run.
    """

    def __init__(self, client: MlflowClient, run: Run) -> None:
        self._client = client
        self.run_id: str = run.info.run_id
        self.experiment_id: str = run.info.experiment_id

    @classmethod
    def start(
        cls, uri: str, experiment: str, artifacts: Path | None, name: str, tags: Mapping[str, str]
    ) -> Self:
        """Start a run.

        Args:
            uri: Tracking URI.
            experiment: Experiment name; made where it does not exist.
            artifacts: Where a new experiment keeps its artifacts; None leaves it to the server.
            name: The run's name.
            tags: Its tags.
        """
        client = connect(uri)
        experiment_id = _experiment_id(client, experiment, artifacts)
        return cls(client, client.create_run(experiment_id, run_name=name, tags=dict(tags)))

    @classmethod
    def join(cls, uri: str, run_id: str) -> Self:
        """The run of that id, which another process has started.

        Raises:
            MlflowException: There is none.
        """
        client = connect(uri)
        return cls(client, client.get_run(run_id))

    @classmethod
    def newest_with_tag(cls, uri: str, experiment: str, tag: str, value: str) -> Self | None:
        """The newest run of the experiment with that tag, whatever its status; or None."""
        client = connect(uri)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return None
        runs = client.search_runs(
            [found.experiment_id],
            filter_string=f"tags.`{tag}` = '{value}'",
            order_by=["attributes.start_time DESC"],
            max_results=1,
        )
        return cls(client, runs[0]) if runs else None

    def belong_to_this_process(self) -> None:
        """Let later runs know whose it is; close those of processes that were killed."""
        close_abandoned_runs(self._client, self.experiment_id)
        self.set_tag(PROCESS, this_process())

    def child(self, name: str, tags: Mapping[str, str], began: float) -> Self:
        """Start a run that MLflow shows inside this one, and that began then (`time.time()`)."""
        run = self._client.create_run(
            self.experiment_id,
            start_time=_milliseconds(began),
            run_name=name,
            tags={**tags, "mlflow.parentRunId": self.run_id},
        )
        made = copy.copy(self)
        made.run_id = run.info.run_id
        return made

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log flat parameters, without secrets, by the names that `mlflow_name` gives them."""
        from mlflow.entities import Param

        entries = [
            Param(mlflow_name(name), without_secrets(str(value))[:_VALUE_LENGTH])
            for name, value in parameters.items()
        ]
        for batch in _batches(entries, _BATCH):
            self._client.log_batch(self.run_id, params=batch)

    def log_metrics(self, metrics: Iterable[tuple[str, float, int]]) -> None:
        """Log (name, value, step) triples, by the names that `mlflow_name` gives them."""
        from mlflow.entities import Metric

        now = _milliseconds(time.time())
        entries = [
            Metric(mlflow_name(name), float(value), now, int(step)) for name, value, step in metrics
        ]
        for batch in _batches(entries, _METRICS_BATCH):
            self._client.log_batch(self.run_id, metrics=batch)

    def log_inputs(self, inputs: Sequence[DatasetInput]) -> None:
        """Log the data that the run was made from (see `run_inputs`)."""
        if inputs:
            self._client.log_inputs(self.run_id, datasets=list(inputs))

    def describe(self, text: str) -> None:
        """Put a text, Markdown, at the top of the run's page."""
        self.set_tag("mlflow.note.content", text)

    def log_artifact(self, path: Path, folder: str) -> None:
        """Log a file, or a folder with all it holds, under `folder`."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), f"{folder}/{path.name}")
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def set_tag(self, name: str, value: str) -> None:
        """Set one tag, without secrets."""
        self._client.set_tag(self.run_id, name, without_secrets(value)[:_VALUE_LENGTH])

    def log_text(self, text: str, file: str) -> None:
        """Log a text, without secrets, as an artifact."""
        self._client.log_text(self.run_id, without_secrets(text), file)

    def delete_tag(self, name: str) -> None:
        """Remove a tag, where the run has it."""
        if name in self._client.get_run(self.run_id).data.tags:
            self._client.delete_tag(self.run_id, name)

    def parameters(self) -> dict[str, str]:
        """All parameters logged so far."""
        return dict(self._client.get_run(self.run_id).data.params)

    def metrics(self) -> dict[str, float]:
        """The last value of every metric logged so far."""
        return dict(self._client.get_run(self.run_id).data.metrics)

    def is_running(self) -> bool:
        """Whether nobody has closed the run."""
        return bool(self._client.get_run(self.run_id).info.status == "RUNNING")

    def reopen(self) -> None:
        """Let a run that was closed go on."""
        self._client.update_run(self.run_id, status="RUNNING")

    def end(self, status: str, at: float | None = None) -> None:
        """Close the run as FINISHED, FAILED or KILLED; now, or as one that ended at that time."""
        end_time = None if at is None else _milliseconds(at)
        self._client.set_terminated(self.run_id, status=status, end_time=end_time)


def _experiment_id(client: MlflowClient, name: str, artifacts: Path | None) -> str:
    """Of the experiment of that name, made where it does not exist."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        location = artifacts.as_uri() if artifacts else None
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException as error:
            found = client.get_experiment_by_name(name)  # another run may have made it meanwhile
            if found is None:
                raise error from None
    return str(found.experiment_id)


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _batches(entries: list[Any], size: int) -> Iterable[list[Any]]:
    return (entries[start : start + size] for start in range(0, len(entries), size))
