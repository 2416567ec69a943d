"""What a project's workspace holds that may go, for the command and for the end of a run."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.hooks.tracking_settings import TrackingSettings, check_tracking
from trisampler.parameters import Parameters
from trisampler.project_parameters import open_workspace, read_parameters
from trisampler.retention.leftover import Leftover, Pruned
from trisampler.retention.workspace import Workspace
from trisampler.structure import Structure, read_structure

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader

    from trisampler.registry.registry import Registry

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retention:
    """All that decides what stays of a workspace.

    Attributes:
        project: Its folder.
        parameters: Of the runs.
        structure: Of the runs.
        tracking: Of the runs.
    """

    project: Path
    parameters: Parameters
    structure: Structure
    tracking: TrackingSettings

    @classmethod
    def of_loader(cls, project: Path, loader: OmegaConfigLoader) -> Retention:
        """As a configuration loader says.

        Raises:
            TrisamplerError: Something in the configuration does not fit.
        """
        return cls(
            project,
            read_parameters(loader),
            read_structure(loader),
            check_tracking(loader["tracking"]),
        )

    @classmethod
    def of_project(cls, project: Path, workspace: str | None, env: str | None = None) -> Retention:
        """As `open_workspace` says, outside of a Kedro session.

        Raises:
            TrisamplerError: Something in the configuration does not fit.
        """
        return cls.of_loader(project, open_workspace(project, workspace, env))

    @property
    def workspace(self) -> Workspace:
        """Where the artifacts are."""
        return Workspace(self.project / "data", self.parameters.workspace)

    def leftovers(self, keep: int) -> list[Leftover]:
        """What may go, in the order in which it is to go.

        Where a process is making something in the workspace, its folders are left alone, and so is
        MLflow where its database names artifacts outside the project; a warning says so.

        Args:
            keep: As `retention.keep`.

        Raises:
            RegistryError: MLflow does not answer.
        """
        return [*self._in_data(keep), *self._in_mlflow(keep)]

    def _in_data(self, keep: int) -> Iterator[Leftover]:
        from trisampler.retention.rounds import leftover_rounds, rounds_beyond
        from trisampler.retention.stores import leftover_scores, leftover_vectors
        from trisampler.retention.temporaries import leftover_temporaries
        from trisampler.teachers.stores import store_names

        workspace, teacher = self.workspace, self.parameters.teacher
        at_work = workspace.at_work()
        if at_work is not None:
            _logger.warning(
                "A process is at work on %s: nothing in the folders of the workspace %r is pruned.",
                workspace.shown(at_work),
                workspace.name,
            )
            return
        rounds = self.structure.rounds
        cells = {cell.name for cell in self.structure.comparison.cells}
        gone = rounds_beyond(workspace, rounds)
        yield from leftover_rounds(workspace, rounds, cells)
        yield from leftover_temporaries(workspace, gone)
        yield from leftover_vectors(workspace, gone)
        if teacher.name is not None:
            yield from leftover_scores(workspace, keep, lambda: store_names(teacher))

    def _in_mlflow(self, keep: int) -> Iterator[Leftover]:
        if not self.tracking.enabled:
            return
        from trisampler.hooks.own_artifacts import artifacts_elsewhere
        from trisampler.registry.client import reaching
        from trisampler.registry.registry import Registry

        elsewhere = artifacts_elsewhere(self.tracking, self.project)
        if elsewhere is not None:
            _logger.warning(
                "%s: artifacts are in %s, outside this project: nothing of MLflow is pruned%s.",
                *(self.tracking.database, elsewhere.named),
                ", until a run of this project has begun" if elsewhere.is_moved else "",
            )
            return
        uri = self.tracking.uri(self.project)
        registry = Registry(uri, self.tracking.registered_model)
        if not registry.is_there():
            return
        with reaching(uri):
            yield from self._in_registry(registry, keep)

    def _in_registry(self, registry: Registry, keep: int) -> Iterator[Leftover]:
        from trisampler.hooks.abandoned_runs import close_abandoned_runs
        from trisampler.retention.copies import leftover_copies
        from trisampler.retention.elsewhere import WantedElsewhere
        from trisampler.retention.runs import LARGE, leftover_artifacts
        from trisampler.retention.tracked_runs import tracked_runs
        from trisampler.retention.versions import (
            choose_versions,
            leftover_logged_models,
            leftover_versions,
        )

        experiment = registry.client.get_experiment_by_name(self.tracking.experiment)
        if experiment is None:
            return
        experiment_id: str = experiment.experiment_id
        close_abandoned_runs(registry.client, experiment_id)
        runs = tracked_runs(registry.client, experiment_id, self.workspace.name)
        elsewhere = WantedElsewhere.of(registry)
        present = self._present_version(registry)
        choice = choose_versions(registry, runs, elsewhere, present, keep)
        needed = {version.run_id for version in choice.stay if version.run_id}
        yield from leftover_versions(registry, choice.old, keep)
        yield from leftover_logged_models(registry, experiment_id, runs, elsewhere)
        for folder in LARGE:
            yield from leftover_artifacts(registry, runs, needed, elsewhere, keep, folder)
        yield from leftover_copies(self.workspace, choice.stay)

    def _present_version(self, registry: Registry) -> int | None:
        """The version that the bundle of the last run was registered as, where it was."""
        from trisampler.registry.client import label_of

        try:
            file = self.workspace.models / "registered_model.json"
            told = json.loads(file.read_text(encoding="utf-8"))
            here = (told["store"], told["model"]) == (label_of(registry.uri), registry.model)
            return int(told["version"]) if here else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def pruned_text(pruned: Pruned) -> str:
    """What was removed, in a few words."""
    return f"{len(pruned.removed)} leftovers, {size_text(pruned.size)}"


def size_text(size: int) -> str:
    """Bytes in print."""
    for unit, bytes_of_it in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= bytes_of_it:
            return f"{size / bytes_of_it:.1f} {unit}"
    return f"{size} B"


def failures_text(pruned: Pruned) -> list[str]:
    """A line for each kind of failure: what could not be removed, and why."""
    from trisampler.secrets import first_line

    lines: dict[str, list[str]] = {}
    for leftover, error in pruned.failed:
        why = f"{type(error).__name__}: {first_line(error)}"
        lines.setdefault(why, []).append(leftover.what)
    return [f"{what[0]}{_more(what)} cannot be removed: {why}" for why, what in lines.items()]


def _more(what: list[str]) -> str:
    return f" and {len(what) - 1} more" if len(what) > 1 else ""
