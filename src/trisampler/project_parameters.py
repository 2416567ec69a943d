"""A project's parameters, checked, and the workspace that all of its configuration is of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.configuration import files_of, read_configuration, warn_of_passed_over
from trisampler.parameters import ParameterError, Parameters, check_parameters

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader

_KEY = "workspace"


def read_parameters(loader: OmegaConfigLoader) -> Parameters:
    """What a configuration loader has under `parameters`.

    Raises:
        ParameterError: Something in the tree does not fit, or its workspace is not the one that
            the catalog has.
    """
    parameters = check_parameters(loader["parameters"])
    if parameters.workspace != workspace_of(loader):
        raise ParameterError(_two_workspaces(loader, parameters.workspace))
    return parameters


def open_workspace(
    project: Path, workspace: str | None = None, env: str | None = None
) -> OmegaConfigLoader:
    """The configuration that runs of a workspace have; a warning says what they do not read.

    Args:
        project: The project's folder.
        workspace: None: the one that the environment's runs have by default.
        env: Configuration environment; None: KEDRO_ENV, else local.

    Raises:
        ConfigurationError: As of `read_configuration`.
    """
    loader = read_configuration(project, env, {_KEY: workspace} if workspace else None)
    warn_of_passed_over(loader)
    return loader


def workspace_of(loader: OmegaConfigLoader) -> str | None:
    """The workspace of the data's folders and of the registered model: as given, else of globals.

    catalog.yml and tracking.yml can read no other file's parameters, so that this one decides.
    """
    given = loader.runtime_params or {}
    workspace: str | None = given.get(_KEY, loader["globals"].get(_KEY))
    return workspace


def _two_workspaces(loader: OmegaConfigLoader, workspace: str) -> str:
    import yaml

    file = _file_that_names_it(loader)
    line = yaml.safe_dump({_KEY: workspace}).strip()
    return (
        f"{file} names the workspace {workspace!r}, and globals.yml, by which the folders of data "
        f"and the registered model are named, {workspace_of(loader)!r}. Nothing has been run. "
        f"Write `{line}` into {file.with_name('globals.yml')}, or give --params "
        f"workspace={workspace}."
    )


def _file_that_names_it(loader: OmegaConfigLoader) -> Path:
    """The file of parameters that has a workspace, by its path from the project's folder."""
    from omegaconf import OmegaConf

    conf = Path(loader.conf_source)
    env = loader.env or loader.default_run_env
    for folder in (conf / env, conf / loader.base_env):
        for file in files_of(loader, "parameters", folder):
            if _KEY in (OmegaConf.to_container(OmegaConf.load(file)) or {}):
                return file.relative_to(conf.parent)
    return Path(conf.name, env, "parameters.yml")
