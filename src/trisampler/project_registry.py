"""The model registry of a project, for what runs outside of a Kedro session."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trisampler.errors import TrisamplerError
from trisampler.project_folder import project_folder
from trisampler.project_parameters import open_workspace, workspace_of
from trisampler.registry.errors import RegistryError
from trisampler.registry.logged_model import bundle_folder
from trisampler.registry.registry import Registry
from trisampler.registry.version import Version
from trisampler.retrievers.locating import DEFAULT_WORKSPACE, MODELS, find_bundle

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader

_logger = logging.getLogger(__name__)


class NoProjectError(TrisamplerError):
    """Something was asked of a project, and there is none."""


class DeployedBundle(NamedTuple):
    """A bundle that answers, and what it is called: the champion by model and version."""

    name: str
    folder: Path


def find_project(start: Path | None = None) -> Path:
    """The project's folder: `start`, by default the working folder, or one above it.

    Raises:
        NoProjectError: There is no project.
    """
    start = (start or Path.cwd()).resolve()
    found = project_folder(start)
    if found is None:
        raise NoProjectError(f"{start} lies in no trisampler project: go to its folder.")
    return found


def project_registry(project: Path, workspace: str | None, env: str | None = None) -> Registry:
    """The registry that runs of a workspace register their bundles in.

    Args:
        project: The project's folder.
        workspace: Whose bundles; None: of the one that the environment's runs have by default.
        env: Configuration environment; None: KEDRO_ENV, else local.

    Raises:
        RegistryError: Tracking is off.
        TrackingError: tracking.yml does not fit.
    """
    return _registry_of(open_workspace(project, workspace, env), project)


def _registry_of(loader: OmegaConfigLoader, project: Path) -> Registry:
    from trisampler.hooks.own_artifacts import registry_of
    from trisampler.hooks.tracking_settings import check_tracking

    settings = check_tracking(loader["tracking"])
    if not settings.enabled:
        raise RegistryError(
            "MLflow is off in conf/<env>/tracking.yml, so that there is no registry: set enabled."
        )
    return registry_of(settings, project)


def _champion_of(registry: Registry, project: Path, workspace: str) -> tuple[Version, Path] | None:
    """The champion and its bundle: in MLflow's store, or a copy where that is elsewhere."""
    champion = registry.champion()
    if champion is None:
        return None
    cache = project / MODELS / workspace / "champion"
    return champion, bundle_folder(registry, champion, cache)


def deployed_bundle(
    workspace: str | None = None, start: Path | None = None, env: str | None = None
) -> DeployedBundle:
    """The bundle that answers for a workspace: the champion's, else the one of the last run.

    Where it is not the champion's a warning says so, and why.

    Args:
        workspace: whose bundle; None: of the one that the environment's runs have by default.
        start: a folder in the project; by default the working folder.
        env: configuration environment; None: KEDRO_ENV, else local.

    Raises:
        RetrieverError: there is neither; the message names the bundles that there are.
    """
    try:
        project = find_project(start)
    except NoProjectError:
        return _bundle_of_last_run(workspace or DEFAULT_WORKSPACE, start)
    loader = open_workspace(project, workspace, env)
    workspace = workspace or str(workspace_of(loader))
    try:
        registry = _registry_of(loader, project)
        found = _champion_of(registry, project, workspace)
        why = f"{registry} has no champion"
    except RegistryError as error:
        found, why = None, str(error).rstrip(".")
    if found is None:
        bundle = _bundle_of_last_run(workspace, start)
        _logger.warning("The last run's bundle answers, whatever the gate said of it: %s.", why)
        return bundle
    champion, folder = found
    return DeployedBundle(f"{registry.model}-v{champion.number}", folder)


def _bundle_of_last_run(workspace: str, start: Path | None) -> DeployedBundle:
    return DeployedBundle(f"{workspace}-bundle", find_bundle(workspace, start))
