"""The project around a folder, found without importing Kedro."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path


def project_folder(start: Path) -> Path | None:
    """The project that `start` lies in, if any; Kedro, where it is imported then, logs as it says.

    Kedro reads KEDRO_LOGGING_CONFIG when it is first imported, and else says at length, among what
    a command prints, which configuration it took.
    """
    start = start.resolve()
    found = next(filter(_is_project, (start, *start.parents)), None)
    logging = found / "conf" / "logging.yml" if found else None
    if logging and logging.is_file():
        os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(logging))
    return found


def _is_project(folder: Path) -> bool:
    """Whether `folder` is the root of a Kedro project of this package."""
    try:
        told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        return bool(told["tool"]["kedro"]["package_name"] == "trisampler")
    except (OSError, ValueError, LookupError, TypeError):
        return False
