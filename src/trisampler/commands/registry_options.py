"""Options of the commands that look into the model registry."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trisampler.commands.options import env_option, workspace_option

if TYPE_CHECKING:
    from trisampler.registry import Registry


def registry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--workspace, --env: passed on as `registry`, of the project around the working folder."""

    @workspace_option("Whose versions")
    @env_option
    @functools.wraps(command)
    def with_registry(workspace: str | None, env: str | None, **rest: Any) -> Any:
        return command(registry=_registry(workspace, env), **rest)

    return with_registry


def _registry(workspace: str | None, env: str | None) -> Registry:
    from trisampler.project_registry import find_project, project_registry

    return project_registry(find_project(), workspace, env)
