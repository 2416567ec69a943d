"""A workspace's folders, one in each layer of a project's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trisampler.file_lock import is_held

_LAYERS = (
    *("03_primary", "04_feature", "05_model_input"),
    *("06_models", "07_model_output", "08_reporting"),
)


@dataclass(frozen=True)
class Workspace:
    """Where the artifacts of one workspace are.

    Attributes:
        data: The project's data folder.
        name: Of the workspace.
    """

    data: Path
    name: str

    @property
    def folders(self) -> list[Path]:
        """Those that are there, of the layers that runs write to."""
        found = (self.data / layer / self.name for layer in _LAYERS)
        return [folder for folder in found if folder.is_dir()]

    @property
    def features(self) -> Path:
        """Embeddings and caches."""
        return self.data / "04_feature" / self.name

    @property
    def models(self) -> Path:
        """Encoders, bundle, checkpoints."""
        return self.data / "06_models" / self.name

    @property
    def checkpoints(self) -> Path:
        """Checkpoints of rounds, and below `comparison` those of cells."""
        return self.models / "checkpoints"

    def shown(self, path: Path) -> str:
        """`path` from the project's folder on, in print."""
        return path.relative_to(self.data.parent).as_posix()

    def at_work(self) -> Path | None:
        """Something that a process is making at this moment, or None."""
        locks: Iterable[Path] = (
            lock for folder in self.folders for lock in folder.rglob(".*.lock")
        )
        held = next(filter(is_held, locks), None)
        return held and held.with_name(held.name.removeprefix(".").removesuffix(".lock"))
