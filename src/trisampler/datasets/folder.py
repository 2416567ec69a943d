"""What all artifacts that are folders have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from kedro.io import AbstractDataset

from trisampler.datasets.shown import shown_path

_Saved = TypeVar("_Saved")
_Loaded = TypeVar("_Loaded")


class FolderDataset(AbstractDataset[_Saved, _Loaded]):
    """An artifact in a folder; loading, saving and whether it is there are its own.

    Args:
        filepath: The folder.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def _describe(self) -> dict[str, Any]:
        return {"filepath": shown_path(self._filepath)}
