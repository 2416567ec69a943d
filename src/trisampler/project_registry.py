"""The model registry of a project, for what runs outside of a Kedro session."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from trisampler.configuration import read_configuration, warn_of_passed_over
from trisampler.errors import TrisamplerError
from trisampler.project_folder import project_folder
from trisampler.registry.errors import RegistryError
from trisampler.registry.logged_model import bundle_folder
from trisampler.registry.registry import Registry
from trisampler.registry.version import Version
from trisampler.retrievers.locating import MODELS, find_bundle

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


def project_registry(project: Path, workspace: str, env: str | None = None) -> Registry:
    """The registry that runs of a workspace register their bundles in.

    Args:
        project: The project's folder.
        workspace: Whose bundles.
        env: Configuration environment; None: KEDRO_ENV, else local.

    Raises:
        RegistryError: Tracking is off.
        TrackingError: tracking.yml does not fit.
    """
    from trisampler.hooks.run_start import tracking_uri
    from trisampler.hooks.tracking_settings import check_tracking

    loader = read_configuration(project, env, {"workspace": workspace})
    warn_of_passed_over(loader)
    settings = check_tracking(loader["tracking"])
    if not settings.enabled:
        raise RegistryError(
            "MLflow is off in conf/<env>/tracking.yml, so that there is no registry: set enabled."
        )
    return Registry(tracking_uri(settings, project), settings.registered_model)


def champion_bundle(
    project: Path, workspace: str, env: str | None = None
) -> tuple[Version, Path] | None:
    """The champion of a workspace and the folder of its bundle; None where there is no champion.

    The folder is that in MLflow's store where this is on this machine, else a copy that is kept.

    Raises:
        RegistryError: Tracking is off, MLflow does not answer, or the bundle is gone.
    """
    return _champion_of(project_registry(project, workspace, env), project, workspace)


def _champion_of(registry: Registry, project: Path, workspace: str) -> tuple[Version, Path] | None:
    champion = registry.champion()
    if champion is None:
        return None
    cache = project / MODELS / workspace / "champion"
    return champion, bundle_folder(registry, champion, cache)


def deployed_bundle(workspace: str, start: Path | None = None) -> DeployedBundle:
    """The bundle that answers for a workspace: the champion's, else the one of the last run.

    Where the registry cannot be asked a warning says so.

    Args:
        workspace: whose bundle.
        start: a folder in the project; by default the working folder.

    Raises:
        RetrieverError: there is neither; the message names the bundles that there are.
    """
    try:
        project = find_project(start)
        registry = project_registry(project, workspace)
        found = _champion_of(registry, project, workspace)
    except NoProjectError:
        found = None
    except RegistryError as error:
        _logger.warning("The bundle of the last run answers, not the champion: %s", error)
        found = None
    if found is None:
        return DeployedBundle(f"{workspace}-bundle", find_bundle(workspace, start))
    champion, folder = found
    return DeployedBundle(f"{registry.model}-v{champion.number}", folder)
