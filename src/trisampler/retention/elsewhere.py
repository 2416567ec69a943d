"""What versions stand for that were not made here, or that other registered models have."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from trisampler.registry.logged_model import local_path
from trisampler.registry.registry import Registry
from trisampler.registry.version import Version
from trisampler.retention.tracked_runs import all_pages


@dataclass(frozen=True)
class WantedElsewhere:
    """What must stay because of such versions.

    MLflow says the run of some; of others, made of `models:/NAME/1` say, only where the files are.

    Attributes:
        runs: Ids of their runs.
        places: Of their files, and the addresses that they were made of.
    """

    runs: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, registry: Registry) -> WantedElsewhere:
        """By all versions that the registry has, of any model, but those made here.

        Raises:
            MlflowException: MLflow does not answer.
        """
        versions = [
            version
            for version in all_pages(
                lambda token: registry.client.search_model_versions(page_token=token)
            )
            if not _made_here(version, registry)
        ]
        places = {place for version in versions for place in _places(version, registry)}
        runs = (version.run_id for version in versions)
        return cls(frozenset(filter(None, runs)), frozenset(places))

    def version(self, model: str, version: Version) -> bool:
        """Whether a version of the registered model `model`, made here, has to stay."""
        return f"models:/{model}/{version.number}" in self.places or self.logged(
            str(version.model_id), version.run_id, version.source
        )

    def logged(self, model_id: str, run_id: str | None, location: str) -> bool:
        """Whether a logged model, of such a run and in such a place, has to stay."""
        named = f"models:/{model_id}" in self.places
        return named or run_id in self.runs or self.folder(location)

    def folder(self, location: str) -> bool:
        """Whether an artifact location has to stay, being wanted or part of it."""
        asked = _place(location)
        return any(
            place == asked or place.startswith(f"{asked}/") or asked.startswith(f"{place}/")
            for place in self.places
        )


def _made_here(version: Any, registry: Registry) -> bool:
    """Whether `Registry.add` made it: a copy has the tags of what it is a copy of."""
    own = version.name == registry.model and "model_id" in version.tags
    return own and not version.source.startswith("models:")


def _places(version: Any, registry: Registry) -> set[str]:
    """Where a version's files are, as far as it says."""
    if not version.source.startswith("models:"):
        return {_place(version.source)}
    found = registry.client.get_model_version_download_uri(version.name, version.version)
    return {_place(version.source), _place(found)}


def _place(location: str) -> str:
    """A location so that two of the same place are equal."""
    from mlflow import MlflowException

    if location.startswith("models:"):
        return re.sub(r"^models:/+", "models:/", location)
    local = None
    with suppress(MlflowException):  # a file on another machine
        local = local_path(location)
    return str(local.resolve()) if local else location.rstrip("/")
