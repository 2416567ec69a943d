"""The versions of one registered model, which of them is the champion, and the way back.

`champion` and `challenger` are MLflow's aliases. Who was champion before is a list of numbers in a
tag of the registered model, the newest last, so that a roll-back needs nothing but the registry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trisampler.registry.client import connect, database_of, label_of, reaching
from trisampler.registry.errors import RegistryError
from trisampler.registry.version import CHALLENGER, CHAMPION, Version, champion_of

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow import MlflowClient

_ABOUT = """\
A retriever: encoder, index and documents in one. A table with the column `query` in, the parameter
`k` beside it; `ids`, `scores`, `titles` and `texts` out, the best document first.

```
mlflow.pyfunc.load_model("models:/{model}@champion")
```

`champion` is the version to be used, `challenger` the newest that the gate has not let pass.
"""
_HISTORY = "champions"
_REMEMBERED = 100
_VALUE_LENGTH = 4900  # of a tag


class Registry:
    """One registered model; every method raises RegistryError where MLflow does not answer.

    Args:
        uri: Tracking URI of the server or database.
        model: Name of the registered model.
        moved: The folder of artifacts that the store names, and where that is in truth; None where
            all is where the store says.
    """

    def __init__(self, uri: str, model: str, moved: tuple[Path, Path] | None = None) -> None:
        self.uri = uri
        self.model = model
        self._moved = moved

    def __str__(self) -> str:
        return f"{self.model} at {label_of(self.uri)}"

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's client."""
        return connect(self.uri)

    def place_of(self, folder: Path) -> Path:
        """Where a folder is that the store names, on this machine."""
        if self._moved is not None and folder.is_relative_to(self._moved[0]):
            return self._moved[1] / folder.relative_to(self._moved[0])
        return folder

    def is_there(self) -> bool:
        """Whether there is a store; looking into a database that is not there would make one."""
        database = database_of(self.uri)
        return database is None or database.exists()

    def versions(self) -> list[Version]:
        """All versions, the oldest first; none where nothing was registered yet."""
        if not self.is_there():
            return []
        with reaching(self.uri):
            registered = self._registered()
            if registered is None:
                return []
            found = self.client.search_model_versions(f"name = '{self.model}'")
            versions = [Version.of(each, registered.aliases) for each in found]
        return sorted(versions, key=lambda version: version.number)

    def version(self, number: int) -> Version:
        """The version of that number.

        Raises:
            RegistryError: There is none.
        """
        versions = self.versions()
        for version in versions:
            if version.number == number:
                return version
        there = ", ".join(str(version.number) for version in versions) or "none"
        raise RegistryError(f"{self} has no version {number}; it has: {there}.")

    def champion(self) -> Version | None:
        """The version with that alias; None where no version has it."""
        return champion_of(self.versions())

    def add(self, model_id: str, run_id: str, tags: Mapping[str, str], description: str) -> Version:
        """Register a logged model as a new version, as challenger."""
        with reaching(self.uri):
            if self._registered() is None:
                about = _ABOUT.format(model=self.model)
                self.client.create_registered_model(self.model, description=about)
            # Not `models:/<id>`: a database resolves that by the global tracking URI.
            source = self.client.get_logged_model(model_id).artifact_location
            made = self.client.create_model_version(
                self.model,
                source=source,
                run_id=run_id,
                tags={"model_id": model_id} | _cut(tags),
                description=description,
                model_id=model_id,
            )
            link = json.dumps([{"name": self.model, "version": str(made.version)}])
            self.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": link})
            self.client.set_registered_model_alias(self.model, CHALLENGER, made.version)
        return self.version(int(made.version))

    def describe(self, number: int, tags: Mapping[str, str], description: str) -> None:
        """Say something else of a version."""
        with reaching(self.uri):
            for name, value in _cut(tags).items():
                self.client.set_model_version_tag(self.model, str(number), name, value)
            self.client.update_model_version(self.model, str(number), description)

    def promote(self, number: int) -> None:
        """Make a version champion, whatever it was.

        Raises:
            RegistryError: There is no such version.
        """
        version = self.version(number)
        history = [each for each in self._history() if each != number]
        self._make_champion(version, [*history, number])

    def roll_back(self, to: int | None = None) -> tuple[Version, Version]:
        """Take the champion back: the one before it, or version `to`, is champion again.

        The one that is taken back is marked, so that its encoder is not promoted again by itself.

        Returns:
            The version that was champion, and the one that is.

        Raises:
            RegistryError: There is no champion, none before it, or no version `to`.
        """
        versions = {version.number: version for version in self.versions()}
        champion = champion_of(versions.values())
        if champion is None:
            raise RegistryError(f"{self} has no champion that could be rolled back.")
        history = _before(champion.number, self._history())
        if to is None:
            history = [number for number in history if number in versions]
            if not history:
                raise RegistryError(
                    f"Version {champion.number} of {self} is the first champion: there is none "
                    "before it. Name the one that is to be: `trisampler rollback --to VERSION`."
                )
        elif to == champion.number:
            raise RegistryError(f"Version {to} of {self} is the champion already.")
        else:
            history = [*_before(to, history), self.version(to).number]
        self._mark_rolled_back(champion.number)
        self._make_champion(versions[history[-1]], history)
        return champion, versions[history[-1]]

    def way_back(self) -> list[int]:
        """The numbers of the versions that roll-backs would go to, the one that is next last."""
        versions = self.versions()
        champion = champion_of(versions)
        if champion is None:
            return []
        there = {version.number for version in versions}
        return [n for n in _before(champion.number, self._history()) if n in there]

    def remove(self, number: int) -> None:
        """Forget a version; the model that it stands for stays.

        Raises:
            RegistryError: It has an alias, so that it is asked for by a name.
        """
        version = self.version(number)
        if version.aliases:
            raise RegistryError(
                f"Version {number} of {self} is {', '.join(version.aliases)}: it is not removed."
            )
        with reaching(self.uri):
            self.client.delete_model_version(self.model, str(number))

    def _mark_rolled_back(self, number: int) -> None:
        """Mark a version as taken back, now."""
        with reaching(self.uri):
            self.client.set_model_version_tag(self.model, str(number), "rolled_back", _now())

    def _make_champion(self, version: Version, history: list[int]) -> None:
        number = str(version.number)
        told = json.dumps(history[-_REMEMBERED:])
        with reaching(self.uri):
            # The list goes first: with the alias not yet moved, a roll-back finds its way all
            # the same.
            self.client.set_registered_model_tag(self.model, _HISTORY, told)
            if version.rolled_back:
                self.client.delete_model_version_tag(self.model, number, "rolled_back")
            self.client.set_model_version_tag(self.model, number, "promoted", _now())
            self.client.set_registered_model_alias(self.model, CHAMPION, number)
            if CHALLENGER in version.aliases:
                self.client.delete_registered_model_alias(self.model, CHALLENGER)

    def _history(self) -> list[int]:
        with reaching(self.uri):
            registered = self._registered()
        told = registered.tags.get(_HISTORY, "[]") if registered else "[]"
        try:
            return [int(number) for number in json.loads(told)]
        except (ValueError, TypeError):
            return []

    def _registered(self) -> Any:
        """MLflow's registered model, or None."""
        from mlflow import MlflowException

        try:
            return self.client.get_registered_model(self.model)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise


def _before(number: int, history: list[int]) -> list[int]:
    """The history up to `number` without it; all of it where it is not there."""
    return history[: history.index(number)] if number in history else history


def _cut(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:_VALUE_LENGTH] for name, value in tags.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
