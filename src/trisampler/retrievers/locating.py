"""Which bundle is meant where none is named: the one place that decides it."""

from __future__ import annotations

from pathlib import Path

from trisampler.release.manifest import MANIFEST
from trisampler.retrievers.errors import RetrieverError

MODELS = Path("data/06_models")
"""Where a project keeps its workspaces' models and bundles."""
DEFAULT_WORKSPACE = "default"
"""The one that is meant where there is no configuration to say."""


def find_bundle(workspace: str, start: Path | None = None) -> Path:
    """The bundle of a workspace in the project that `start` lies in.

    Args:
        workspace: whose bundle.
        start: a folder; by default the working folder. Its parents are looked at too.

    Raises:
        RetrieverError: there is no such bundle; the message names those that there are.
    """
    start = (start or Path.cwd()).resolve()
    models = [folder / MODELS for folder in (start, *start.parents)]
    for folder in models:
        if (folder / workspace / "bundle" / MANIFEST).is_file():
            return folder / workspace / "bundle"
    others = sorted(
        path.parent.parent.name for folder in models for path in folder.glob(f"*/bundle/{MANIFEST}")
    )
    there = f"There are bundles of {', '.join(others)}: use --workspace."
    nowhere = "Make one with `kedro run`, or name a folder with --bundle."
    raise RetrieverError(
        f"There is no bundle of the workspace {workspace!r} here ({MODELS / workspace}/bundle in "
        f"{start} or above). {there if others else nowhere}"
    )
