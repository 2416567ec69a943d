"""One MLflow run, written through the client: no global active run to leak between sessions.

MLflow is imported on first use. Retries and timeouts are short, so that an unreachable server
costs seconds, not minutes.
"""

from __future__ import annotations

import copy
import logging
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

_ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
# MLflow's limits for one request and for one value.
_BATCH = 100
_METRICS_BATCH = 1000
_VALUE_LENGTH = 6000


class MlflowRun:
    """A run that has been started.

    Args:
        uri: Tracking URI.
        experiment: Experiment name; made where it does not exist.
        artifacts: Where a new experiment keeps its artifacts; None leaves it to the server.
        name: The run's name.
        tags: Its tags.
    """

    def __init__(
        self, uri: str, experiment: str, artifacts: Path | None, name: str, tags: Mapping[str, str]
    ) -> None:
        for variable, value in _ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        from mlflow import MlflowClient

        # Making the database is none of the user's business.
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self.uri = uri
        self._client = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(experiment)
        experiment_id = (
            found.experiment_id
            if found
            else self._client.create_experiment(
                experiment, artifact_location=artifacts.as_uri() if artifacts else None
            )
        )
        run = self._client.create_run(experiment_id, run_name=name, tags=dict(tags))
        self.run_id: str = run.info.run_id
        self.experiment_id: str = experiment_id

    def child(self, name: str, tags: Mapping[str, str]) -> Self:
        """Start a run that MLflow shows inside this one."""
        run = self._client.create_run(
            self.experiment_id, run_name=name, tags={**tags, "mlflow.parentRunId": self.run_id}
        )
        made = copy.copy(self)
        made.run_id = run.info.run_id
        return made

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log flat parameters."""
        from mlflow.entities import Param

        entries = [Param(name, str(value)[:_VALUE_LENGTH]) for name, value in parameters.items()]
        for batch in _batches(entries, _BATCH):
            self._client.log_batch(self.run_id, params=batch)

    def log_metrics(self, metrics: Iterable[tuple[str, float, int]]) -> None:
        """Log (name, value, step) triples; `@`, which MLflow refuses in names, becomes `_at_`."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entries = [
            Metric(name.replace("@", "_at_"), float(value), now, int(step))
            for name, value, step in metrics
        ]
        for batch in _batches(entries, _METRICS_BATCH):
            self._client.log_batch(self.run_id, metrics=batch)

    def log_input(self, name: str, digest: str, source: str, context: str) -> None:
        """Log a data set by its digest."""
        import json

        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name=name,
            digest=digest[:36],
            source_type="local",
            source=json.dumps({"uri": source}),
        )
        tag = InputTag(key="mlflow.data.context", value=context)
        self._client.log_inputs(self.run_id, datasets=[DatasetInput(dataset=dataset, tags=[tag])])

    def log_artifact(self, path: Path, folder: str) -> None:
        """Log a file, or a folder with all it holds, under `folder`."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), f"{folder}/{path.name}")
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def set_tag(self, name: str, value: str) -> None:
        """Set one tag."""
        self._client.set_tag(self.run_id, name, value[:_VALUE_LENGTH])

    def end(self, status: str) -> None:
        """Close the run as FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self.run_id, status=status)


def _batches(entries: list[Any], size: int) -> Iterable[list[Any]]:
    return (entries[start : start + size] for start in range(0, len(entries), size))
