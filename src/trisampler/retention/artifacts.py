"""Folders in MLflow's artifact store, on this machine or behind a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trisampler.atomic import remove_whole
from trisampler.registry.logged_model import local_path
from trisampler.retention.leftover import size_of


@dataclass(frozen=True)
class ArtifactFolder:
    """A folder of a run's or of a model's artifacts.

    Attributes:
        location: Of the artifacts, as MLflow says it.
        inside: The folder in it; empty for the whole.
        tracking_uri: Of the server or database.
    """

    location: str
    inside: str
    tracking_uri: str

    def size(self) -> int:
        """Bytes, 0 where there is none, or none any more."""
        local = self._local()
        return size_of(local) if local else self._listed_size(self.inside)

    def remove(self) -> None:
        """Remove it with all that is in it; on this machine it is whole or gone at any moment.

        Raises:
            MlflowException: The server does not allow it.
        """
        local = self._local()
        if local is None:
            self._repository().delete_artifacts(self.inside or None)
        else:
            remove_whole(local)

    def _local(self) -> Path | None:
        folder = local_path(self.location)
        return folder and folder / self.inside

    def _repository(self) -> Any:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(self.location, tracking_uri=self.tracking_uri)

    def _listed_size(self, folder: str) -> int:
        return sum(
            self._listed_size(each.path) if each.is_dir else each.file_size or 0
            for each in self._repository().list_artifacts(folder or None)
        )
