"""Something that may go, and the removal of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from trisampler.atomic import remove_whole


@dataclass(frozen=True)
class Leftover:
    """Something that may go.

    Attributes:
        what: It is, in print.
        why: It may go.
        size: In bytes.
        remove: Removes it; interrupted at any point, what is left does not count as whole, and is
            found again.
    """

    what: str
    why: str
    size: int
    remove: Callable[[], object]


@dataclass
class Pruned:
    """What has gone, and what has not.

    Attributes:
        removed: In order.
        failed: With the error of each.
    """

    removed: list[Leftover] = field(default_factory=list)
    failed: list[tuple[Leftover, Exception]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that were removed."""
        return sum(leftover.size for leftover in self.removed)


def prune(leftovers: Iterable[Leftover]) -> Pruned:
    """Remove each in turn; one that cannot be removed does not keep the others."""
    pruned = Pruned()
    for leftover in leftovers:
        try:
            leftover.remove()
        except Exception as error:  # the file system's, MLflow's, a server's
            pruned.failed.append((leftover, error))
        else:
            pruned.removed.append(leftover)
    return pruned


def path_leftover(path: Path, what: str, why: str) -> Leftover:
    """A file or folder."""
    return Leftover(what, why, size_of(path), lambda: remove_whole(path))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() or file.is_symlink())
