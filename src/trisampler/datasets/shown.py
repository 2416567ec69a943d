"""How datasets name their place in messages and in kedro-viz."""

from __future__ import annotations

from pathlib import Path


def shown_path(path: Path) -> str:
    """Relative to the working folder, the project's, where it lies in it.

    A lineage that is published then names nobody's folders.
    """
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
