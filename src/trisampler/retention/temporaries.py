"""What processes that were killed were writing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trisampler.atomic import abandoned_below, remove_abandoned
from trisampler.retention.leftover import Leftover, size_of
from trisampler.retention.workspace import Workspace


def leftover_temporaries(workspace: Workspace, without: list[Path]) -> Iterator[Leftover]:
    """Temporary files and folders that no living process holds.

    Args:
        workspace: Where.
        without: Folders that go anyway, with all that is in them.
    """
    for folder in workspace.folders:
        for path in abandoned_below(folder):
            if not any(gone in path.parents for gone in without):
                why = "the process that wrote it was killed"
                yield Leftover(
                    workspace.shown(path), why, size_of(path), partial(remove_abandoned, path)
                )
