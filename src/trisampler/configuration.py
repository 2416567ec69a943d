"""The project's configuration, read outside of a Kedro session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.config import OmegaConfigLoader


def read_configuration(
    project: Path, env: str | None = None, given: Mapping[str, Any] | None = None
) -> OmegaConfigLoader:
    """Kedro's loader as a run in that environment would have it.

    Args:
        project: The project's folder.
        env: Configuration environment; None: KEDRO_ENV, else the one that runs have by default.
        given: Parameters as if by --params.
    """
    from kedro.config import OmegaConfigLoader

    from trisampler.settings import CONFIG_LOADER_ARGS

    return OmegaConfigLoader(
        str(project / "conf"),
        env=env or os.environ.get("KEDRO_ENV"),
        runtime_params=dict(given or {}),
        **CONFIG_LOADER_ARGS,
    )
