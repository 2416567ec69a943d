"""The project's configuration, read outside of a Kedro session."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader

_logger = logging.getLogger(__name__)
_ENDINGS = (".yml", ".yaml", ".json")
# Kedro itself says which of these a catalog names and does not find.
_CREDENTIALS = "credentials"


def read_configuration(
    project: Path, env: str | None = None, given: Mapping[str, Any] | None = None
) -> OmegaConfigLoader:
    """Kedro's loader as a run in that environment would have it.

    Args:
        project: The project's folder.
        env: Configuration environment; None: KEDRO_ENV, else the one that runs have by default.
        given: Parameters as if by --params.

    Raises:
        ConfigurationError: Here, or when the loader is asked: files that cannot be read, or no such
            environment.
    """
    from trisampler.configuration_loader import ReadableLoader, readable
    from trisampler.settings import CONFIG_LOADER_ARGS

    with readable("globals"):
        return ReadableLoader(
            str(project / "conf"),
            env=env or os.environ.get("KEDRO_ENV"),
            runtime_params=dict(given or {}),
            **CONFIG_LOADER_ARGS,
        )


def passed_over(loader: OmegaConfigLoader) -> str | None:
    """What the default environment has to say and a run in the loader's does not read, if anything.

    Kedro reads the base environment and one other: with `--env recipes` nothing of conf/local.
    """
    default = loader.default_run_env
    env = loader.env or default
    if env == default:
        return None
    folder = Path(loader.conf_source) / default
    names = {
        str(file.relative_to(folder))
        for kind in loader.config_patterns
        if kind != _CREDENTIALS
        for file in files_of(loader, kind, folder)
        if _says_anything(file)
    }
    if not names:
        return None
    conf, listed = folder.parent.name, ", ".join(sorted(names))
    return (
        f"With the environment {env!r} nothing of {conf}/{default} is read: {listed}. What is to "
        f"count goes into {conf}/{env}; parameters may be given by --params too."
    )


def files_of(loader: OmegaConfigLoader, kind: str, folder: Path) -> list[Path]:
    """The files of a folder of conf/ that hold configuration of that kind, in name order."""
    names = {
        name
        for pattern in loader.config_patterns[kind]
        # In Kedro's patterns a ** at the end means files, to Path.glob folders alone.
        for name in glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
        if name.endswith(_ENDINGS)
    }
    return [folder / name for name in sorted(names) if (folder / name).is_file()]


def warn_of_passed_over(loader: OmegaConfigLoader) -> None:
    """Log what `passed_over` says."""
    said = passed_over(loader)
    if said:
        _logger.warning("%s", said)


def _says_anything(path: Path) -> bool:
    """Whether there is more than blank lines and comments in a file."""
    lines = (line.strip() for line in path.read_bytes().splitlines())
    return any(line and line != b"---" and not line.startswith(b"#") for line in lines)
