"""Rounds, and the encoders that came of them, beyond the number that the structure has now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from trisampler.retention.leftover import Leftover, path_leftover
from trisampler.retention.workspace import Workspace

_OF_A_ROUND = re.compile(r"(?:encoder|round)_(\d+)(?:\..+)?")


def rounds_beyond(workspace: Workspace, rounds: int) -> list[Path]:
    """Files and folders of rounds and encoders above `rounds`.

    A record comes before the artifact that it vouches for, so that one without the other never
    counts as made.
    """
    folders = [*workspace.folders, workspace.checkpoints]
    found = (path for folder in folders if folder.is_dir() for path in folder.iterdir())
    beyond = [path for path in found if _number(path) > rounds]
    return sorted(beyond, key=lambda path: (not path.name.endswith(".record.json"), path))


def leftover_rounds(
    workspace: Workspace, rounds: int, cells: Collection[str]
) -> Iterator[Leftover]:
    """What belongs to rounds, and the checkpoints of cells, that there are no more.

    Other artifacts of cells stay: they are results.

    Args:
        workspace: Where.
        rounds: That there are.
        cells: Names of the comparison's cells that there are.
    """
    for path in rounds_beyond(workspace, rounds):
        yield path_leftover(path, workspace.shown(path), f"there are {rounds} rounds")
    of_cells = workspace.checkpoints / "comparison"
    for path in sorted(of_cells.iterdir()) if of_cells.is_dir() else ():
        if path.is_dir() and not path.name.startswith(".") and not _of_cell(path.name, cells):
            yield path_leftover(path, workspace.shown(path), "the comparison has no such cell")


def _number(path: Path) -> int:
    match = _OF_A_ROUND.fullmatch(path.name)
    return int(match[1]) if match else 0


def _of_cell(name: str, cells: Collection[str]) -> bool:
    return re.sub(r"\.round_\d+$", "", name) in cells
