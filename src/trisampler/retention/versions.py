"""Old versions of the registered model, and logged models that no version stands for.

A version goes in this order: its entry in the registry, its files, its logged model. Where that is
interrupted, a logged model without a version is left, which is found here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from trisampler.registry.logged_model import LOGGED_AS, local_path
from trisampler.registry.registry import Registry
from trisampler.registry.version import Version
from trisampler.retention.artifacts import ArtifactFolder
from trisampler.retention.elsewhere import WantedElsewhere
from trisampler.retention.leftover import Leftover
from trisampler.retention.tracked_runs import TrackedRun, all_pages


@dataclass(frozen=True)
class Choice:
    """The versions of a registered model.

    Attributes:
        stay: Those that stay, whatever the reason.
        old: Those that may go, the oldest first.
    """

    stay: list[Version]
    old: list[Version]


def choose_versions(
    registry: Registry,
    runs: Sequence[TrackedRun],
    elsewhere: WantedElsewhere,
    present: int | None,
    keep: int,
) -> Choice:
    """Which versions stay.

    That is: every version with an alias; the `keep` newest; the `keep` champions that roll-backs
    would go to next; those that were rolled back, whose mark keeps their encoder from being
    promoted by itself; `present`; and all of which it is not plain that they are the workspace's
    own and nobody else's.

    Args:
        registry: Has them.
        runs: Of the workspace.
        elsewhere: Keeps what it wants of them.
        present: Number of the version of the bundle that the last run left.
        keep: How many.
    """
    versions = registry.versions()
    ended = {run.run_id for run in runs if not run.running}
    newest = (version.number for version in versions[-keep:])
    numbers = {*newest, *registry.way_back()[-keep:], present}
    old = [
        version
        for version in versions
        if not (version.aliases or version.rolled_back or version.number in numbers)
        and version.model_id
        and version.run_id in ended
        and not elsewhere.version(registry.model, version)
    ]
    return Choice([version for version in versions if version not in old], old)


def leftover_versions(registry: Registry, old: Sequence[Version], keep: int) -> Iterator[Leftover]:
    """The versions `old`, each with its bundle."""
    for version in old:
        model = registry.client.get_logged_model(str(version.model_id))
        remove = partial(_remove_version, registry, version, model)
        yield Leftover(
            f"version {version.number} of {registry.model}",
            f"{keep} newer ones are there, and {keep} champions to roll back to",
            _files(registry, model).size(),
            remove,
        )


def leftover_logged_models(
    registry: Registry,
    experiment_id: str,
    runs: Sequence[TrackedRun],
    elsewhere: WantedElsewhere,
) -> Iterator[Leftover]:
    """Logged bundles of runs that have ended, which no version stands for.

    They come of a registration, or a removal, that was interrupted.
    """
    ended = {run.run_id for run in runs if not run.running}
    registered = {version.model_id for version in registry.versions()}

    def page(token: str | None) -> Any:
        return registry.client.search_logged_models(
            [experiment_id], filter_string=f"name = '{LOGGED_AS}'", page_token=token
        )

    for model in all_pages(page):
        if model.model_id in registered or model.source_run_id not in ended:
            continue
        if not elsewhere.logged(model.model_id, model.source_run_id, model.artifact_location):
            remove = partial(_remove_model, registry, model)
            size = _files(registry, model).size()
            yield Leftover(f"logged model {model.model_id}", "no version is of it", size, remove)


def _files(registry: Registry, model: Any) -> ArtifactFolder:
    return ArtifactFolder(model.artifact_location, "", registry.uri)


def _remove_version(registry: Registry, version: Version, model: Any) -> None:
    registry.remove(version.number)
    _remove_model(registry, model)


def _remove_model(registry: Registry, model: Any) -> None:
    _files(registry, model).remove()
    folder = local_path(model.artifact_location)
    if folder is not None and folder.parent.name == model.model_id:
        with suppress(OSError):  # it is gone, or holds what is not ours
            folder.parent.rmdir()
    registry.client.delete_logged_model(model.model_id)
