"""The project around a folder: its configuration and its tracking."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from trisampler.configuration import passed_over, read_configuration
from trisampler.errors import TrisamplerError
from trisampler.installation.finding import Finding
from trisampler.project_folder import project_folder
from trisampler.secrets import without_secrets

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader

# Shorter than those of a run.
_TIMEOUTS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


@dataclass(frozen=True)
class Project:
    """A Kedro project and an environment of it.

    Attributes:
        folder: with `conf` in it.
        env: the environment; None for the one that a run has by default.
        loader: Kedro's, by the name of a kind of configuration.
    """

    folder: Path
    env: str | None
    loader: OmegaConfigLoader

    @classmethod
    def around(cls, folder: Path, env: str | None) -> Self | None:
        """The project that `folder` lies in; None, without importing Kedro, where in none."""
        found = project_folder(folder)
        if found is None:
            return None
        return cls(found, env, read_configuration(found, env))

    def models(self) -> list[str]:
        """The models that its parameters name; the default where these do not fit."""
        from trisampler.project_parameters import read_parameters

        try:
            parameters = read_parameters(self.loader)
        except Exception:  # `check` says what is wrong
            return []
        names = (
            parameters.encoder.name,
            parameters.encoder.document_name,
            parameters.teacher.name,
        )
        return list(dict.fromkeys(filter(None, names)))

    def check(self) -> Iterator[Finding]:
        """Parameters, structure and tracking fit what this version reads."""
        from trisampler.hooks.tracking_settings import check_tracking
        from trisampler.structure import read_structure

        if self.env and not (self.folder / "conf" / self.env).is_dir():
            found = f"there is no {self.folder / 'conf' / self.env}"
            yield Finding("broken", "environment", found, "Correct --env.")
            return
        unread = passed_over(self.loader)
        if unread:
            yield Finding("note", "environment", unread)
        checks: dict[str, Callable[[], object]] = {
            "parameters": self._check_parameters,
            "structure": lambda: read_structure(self.loader),
            "tracking": lambda: check_tracking(self.loader["tracking"]),
        }
        for what, check in checks.items():
            try:
                check()
            except TrisamplerError as error:
                yield Finding("broken", what, str(error))
            except Exception as error:  # YAML's and Kedro's own, of many kinds
                remedy = f"Correct conf/*/{what}*.yml."
                yield Finding("broken", what, f"cannot be read: {_line(error)}", remedy)
            else:
                yield Finding("ok", what, f"those of {self.folder / 'conf'} fit")

    def _check_parameters(self) -> None:
        from trisampler.checks.training import check_training
        from trisampler.project_parameters import read_parameters

        found = read_parameters(self.loader)
        check_training(found.training, found.sampling, found.teacher.name)

    def check_mlflow(self) -> Iterator[Finding]:
        """Whether the database, or the server that the environment names, answers."""
        from trisampler.hooks.tracking_settings import check_tracking
        from trisampler.registry.client import database_of
        from trisampler.registry.registry import Registry

        try:
            settings = check_tracking(self.loader["tracking"])
        except Exception:  # `check` says what is wrong
            return
        uri = settings.uri(self.folder)
        if not settings.enabled:
            yield Finding("note", "MLflow", "tracking is off (conf/*/tracking.yml)")
        elif not Registry(uri, settings.registered_model).is_there():
            yield Finding("ok", "MLflow", f"{database_of(uri)} will be made by the first run")
        elif os.environ.get("MLFLOW_TRACKING_URI"):
            yield _asked(uri, "Start the server, or unset MLFLOW_TRACKING_URI.")
        else:
            remedy = f"Upgrade it (mlflow db upgrade {uri}), or move it away."
            yield _asked(uri, remedy)


def _asked(uri: str, remedy: str) -> Finding:
    """How many experiments there are at a tracking URI."""
    for variable, value in _TIMEOUTS.items():
        os.environ.setdefault(variable, value)
    from trisampler.registry.client import connect

    shown = without_secrets(uri)
    try:
        client = connect(uri)
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        experiments = client.search_experiments()
    except Exception as error:  # of the database, of the network, of MLflow
        return Finding("broken", "MLflow", f"{shown} does not answer: {_line(error)}", remedy)
    return Finding("ok", "MLflow", f"{shown} answers: {len(experiments)} experiments")


def _line(error: Exception) -> str:
    """The first line of what an error says, with its kind and without secrets."""
    said = without_secrets(str(error)).strip().splitlines()
    return f"{type(error).__name__}: {said[0] if said else ''}"[:300]
