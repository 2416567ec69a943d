"""A project to run `kedro` in: this one's configuration in an empty folder, tracking off."""

from __future__ import annotations

import shutil
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def copy_project(folder: Path) -> None:
    """Make `folder` a project, which may be there already."""
    shutil.copytree(_ROOT / "conf", folder / "conf")
    shutil.copy(_ROOT / "pyproject.toml", folder)
    (folder / "src").mkdir()
    (folder / "conf/local/tracking.yml").write_text("enabled: false\n")
