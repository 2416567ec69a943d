"""Where runs are tracked, and what every run says of itself when it starts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trisampler.hooks.mlflow_run import MlflowRun
from trisampler.hooks.run_results import flatten
from trisampler.hooks.tracking_settings import TrackingSettings


def tracking_uri(settings: TrackingSettings, project: Path) -> str:
    """The server of MLFLOW_TRACKING_URI, else the project's own database."""
    server = os.environ.get("MLFLOW_TRACKING_URI")
    return server or f"sqlite:///{(project / settings.database).as_posix()}"


def start_run(
    settings: TrackingSettings,
    project: Path,
    name: str,
    parameters: dict[str, Any],
    tags: Mapping[str, str] | None = None,
) -> MlflowRun:
    """Start a run with its parameters and the state of the code.

    Args:
        settings: Of tracking.yml.
        project: The project's folder.
        name: The run's name.
        parameters: The whole tree.
        tags: Its tags, besides those about the code.
    """
    server = os.environ.get("MLFLOW_TRACKING_URI")
    run = MlflowRun.start(
        tracking_uri(settings, project),
        settings.experiment,
        None if server else project / settings.artifacts,
        name,
        {**_git_tags(project), **(tags or {})},
    )
    run.log_parameters(flatten(parameters))
    return run


def _git_tags(project: Path) -> dict[str, str]:
    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=project,
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {}
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {
        "mlflow.source.git.commit": commit,
        "git.uncommitted_changes": str(bool(changed)).lower(),
    }
