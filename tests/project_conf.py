"""The project's configuration without conf/local, which is a checkout's own."""

from __future__ import annotations

import shutil
from pathlib import Path

CONF = Path(__file__).parents[1] / "conf"
LOCAL = "local"
ENVIRONMENTS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != LOCAL)


def copy_conf(folder: Path) -> None:
    """Write it to `folder`/conf, with an empty conf/local."""
    shutil.copytree(CONF, folder / "conf", ignore=shutil.ignore_patterns(LOCAL))
    (folder / "conf" / LOCAL).mkdir()
