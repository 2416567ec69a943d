"""A project's pipelines, parameters and catalog in this process, with nothing run."""

from __future__ import annotations

import warnings
from pathlib import Path

from kedro.config import OmegaConfigLoader
from kedro.framework.hooks.manager import _NullPluginManager
from kedro.pipeline import Pipeline

from trisampler.context import CheckedContext
from trisampler.pipeline_registry import _create_pipelines
from trisampler.settings import CONFIG_LOADER_ARGS
from trisampler.structure import read_structure


def open_project(folder: Path, env: str) -> tuple[dict[str, Pipeline], CheckedContext]:
    """Pipelines by name, and the context; Kedro's global state is left alone."""
    loader = OmegaConfigLoader(str(folder / "conf"), env=env, **CONFIG_LOADER_ARGS)
    with warnings.catch_warnings():
        # As in pipeline_registry: names of datasets have dots.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
        pipelines = _create_pipelines(read_structure(loader))
    context = CheckedContext(
        package_name="trisampler",
        project_path=folder,
        config_loader=loader,
        env=env,
        hook_manager=_NullPluginManager(),  # type: ignore[arg-type]
    )
    return pipelines, context
