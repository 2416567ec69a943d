"""What lies in the model registry: the champion, and the version that a run registers.

Where the registry is, tracking.yml says; the tracking hook tells these datasets. Where MLflow does
not answer a run goes on.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from kedro.io import AbstractDataset, DatasetError

from trisampler.atomic import write_json
from trisampler.datasets.folder import FolderDataset
from trisampler.datasets.shown import shown_path

if TYPE_CHECKING:
    from trisampler.registry.champion import Champion
    from trisampler.registry.registration import Release, SourceRun
    from trisampler.registry.registry import Registry

_logger = logging.getLogger(__name__)


class Tracking(Protocol):
    """Knows the registry and the run."""

    def registry(self) -> Registry | None:
        """The registry; None where tracking is off.

        Raises:
            RegistryError: MLflow did not answer earlier in this run.
        """
        ...

    def source_run(self) -> SourceRun | None:
        """The MLflow run that is under way."""
        ...


class NoTracking:
    """Where nobody told a dataset of any registry."""

    def registry(self) -> None:
        """None."""

    def source_run(self) -> None:
        """None."""


class ChampionHandle(FolderDataset[NoReturn, "Champion"]):
    """The champion as it is when it is looked for; input keys leave it out.

    A run that makes it champion would otherwise be out of date the moment it ends.

    Args:
        filepath: A folder, where what the registry keeps on another machine is copied to.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    grows_in_place = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self.tracking: Tracking = NoTracking()

    def load(self) -> Champion:
        """The champion's encoder, or why there is none to measure."""
        from trisampler.registry.champion import load_champion

        return load_champion(self.tracking.registry, self._filepath)

    def save(self, data: NoReturn) -> None:  # noqa: ARG002
        """Refused: a champion is made by registering a version."""
        raise DatasetError(f"{type(self).__name__} is only loaded.")

    def _exists(self) -> bool:
        return True


class RegisteredModelDataset(AbstractDataset["Release", dict[str, Any]]):
    """A version in the registry; the file says which.

    One that was registered in another store or under another name, in a database that is gone, or
    not at all while tracking was off, does not exist where tracking is on. Where MLflow does not
    answer there is a warning and no file, so that the next run registers it.

    Args:
        filepath: A JSON file.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata
        self.tracking: Tracking = NoTracking()

    def load(self) -> dict[str, Any]:
        """As `register` returns it, and `store_digest`; all but `reason` None without MLflow."""
        return self._read()

    def save(self, data: Release) -> None:
        """Register the bundle, unless there is a version of it, and write which version it is."""
        from trisampler.registry.errors import RegistryError

        try:
            told = self._register(data)
        except RegistryError as error:
            self._filepath.unlink(missing_ok=True)
            _logger.warning("The bundle is not registered; the next run does it. %s", error)
        else:
            write_json(self._filepath, told)

    def _register(self, release: Release) -> dict[str, Any]:
        from trisampler.registry.errors import RegistryError
        from trisampler.registry.registration import register

        registry, run = self.tracking.registry(), self.tracking.source_run()
        if registry is None:
            nothing = dict.fromkeys(
                ("store", "store_digest", "model", "version", "alias", "outdated")
            )
            return nothing | {"reason": "MLflow is off"}
        if run is None:
            raise RegistryError("A version is registered by an MLflow run, and none is under way.")
        return register(registry, release, run) | {"store_digest": self._digest_of(registry)}

    def _exists(self) -> bool:
        from trisampler.registry.errors import RegistryError

        try:
            told = self._read()
        except (OSError, ValueError):
            return False
        try:
            registry = self.tracking.registry()
        except RegistryError:
            return True
        if registry is None:
            return True
        made = (told.get("store_digest"), told.get("model"))
        return registry.is_there() and made == (self._digest_of(registry), registry.model)

    def _digest_of(self, registry: Registry) -> str:
        from trisampler.registry.client import digest_of

        return digest_of(registry.uri, self._filepath.parent)

    def _read(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._filepath.read_text(encoding="utf-8"))
        return told

    def _describe(self) -> dict[str, Any]:
        return {"filepath": shown_path(self._filepath)}
