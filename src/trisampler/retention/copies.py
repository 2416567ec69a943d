"""Bundles that were fetched from a server, of versions that are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from trisampler.registry.version import Version
from trisampler.retention.leftover import Leftover, path_leftover
from trisampler.retention.workspace import Workspace


def leftover_copies(workspace: Workspace, stay: Collection[Version]) -> Iterator[Leftover]:
    """Copies of champions, but for those of versions that stay."""
    copies = workspace.models / "champion"
    models = {version.model_id for version in stay}
    for path in sorted(copies.iterdir()) if copies.is_dir() else ():
        if path.is_dir() and path.name not in models and not path.name.startswith("."):
            yield path_leftover(path, workspace.shown(path), "its version is gone")
