"""What every run says of itself when it starts."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trisampler.evaluation.flatten import leaves
from trisampler.hooks.mlflow_run import MlflowRun
from trisampler.hooks.tracking_settings import TrackingSettings
from trisampler.plain_parameters import plain_parameters


def by_dotted_name(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Every value of the parameter tree."""
    return dict(leaves(plain_parameters(parameters)))


def start_run(
    settings: TrackingSettings,
    project: Path,
    name: str,
    parameters: dict[str, Any],
    tags: Mapping[str, str],
) -> MlflowRun:
    """Start a run with its parameters and the state of the code.

    Args:
        settings: Of tracking.yml.
        project: The project's folder.
        name: The run's name.
        parameters: The whole tree.
        tags: Its tags, besides those about the code and its user.
    """
    own = settings.own_database(project) is not None
    run = MlflowRun.start(
        settings.uri(project),
        settings.experiment,
        project / settings.artifacts if own else None,
        name,
        {**_user_tag(), **_git_tags(project), **tags},
    )
    run.log_parameters(by_dotted_name(parameters))
    return run


def source_tags(command: str) -> dict[str, str]:
    """What MLflow shows as the source of a run."""
    return {"mlflow.source.name": command, "mlflow.source.type": "LOCAL"}


def _user_tag() -> dict[str, str]:
    try:
        return {"mlflow.user": getpass.getuser()}
    except (ImportError, KeyError, OSError):  # a user without a name, as containers have
        return {}


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
