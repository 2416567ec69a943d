"""What conf/<env>/tracking.yml may hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trisampler.errors import TrisamplerError, fitting


class TrackingError(TrisamplerError):
    """tracking.yml does not fit."""


class TrackingSettings(BaseModel):
    """Where runs are tracked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(description="False trains without MLflow.")
    experiment: str = Field(description="MLflow experiment.", min_length=1)
    database: str = Field(
        description="SQLite file in the project; MLFLOW_TRACKING_URI, where set, wins."
    )
    artifacts: str = Field(description="Folder of the artifacts that go with that database.")
    registered_model: str = Field(
        description="Name under which bundles are registered.", pattern=r"^[^/:]+$"
    )

    def uri(self, project: Path) -> str:
        """The server of MLFLOW_TRACKING_URI, else the project's own database."""
        from trisampler.registry.client import uri_of_database

        database = self.own_database(project)
        return uri_of_database(database) if database else _server()

    def own_database(self, project: Path) -> Path | None:
        """The project's own database; None where MLFLOW_TRACKING_URI names a server."""
        return None if _server() else project / self.database


def check_tracking(tree: dict[str, Any]) -> TrackingSettings:
    """Validate the content of tracking.yml.

    Raises:
        TrackingError: Naming every key that does not fit.
    """
    return fitting(TrackingSettings, tree, "tracking.yml", TrackingError)


def _server() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI", "")


def shared_run_id() -> str | None:
    """The MLflow run that the processes of one DAG run share, by MLFLOW_RUN_ID; None without."""
    return os.environ.get("MLFLOW_RUN_ID") or None
