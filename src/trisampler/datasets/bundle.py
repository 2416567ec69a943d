"""The bundle to deploy, and the handle of the one that it takes the place of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from trisampler.datasets.folder import FolderDataset
from trisampler.datasets.shown import shown_path

if TYPE_CHECKING:
    from trisampler.release.bundle import Bundle
    from trisampler.release.former import FormerBundle
    from trisampler.release.writing import BundleParts


class BundleDataset(FolderDataset["BundleParts", "Bundle"]):
    """A bundle in a folder; one with a part missing or cut off does not exist."""

    def load(self) -> Bundle:
        """Open the bundle."""
        from trisampler.release.bundle import Bundle

        return Bundle.load(self._filepath)

    def save(self, data: BundleParts) -> None:
        """Write the folder whole."""
        from trisampler.release.writing import write_bundle

        write_bundle(data, self._filepath)

    def _exists(self) -> bool:
        from trisampler.release.errors import BundleError
        from trisampler.release.manifest import check_names_and_sizes, read_manifest

        try:
            check_names_and_sizes(self._filepath, read_manifest(self._filepath))
        except BundleError:
            return False
        return True


class FormerBundleHandle(AbstractDataset[NoReturn, "FormerBundle | None"]):
    """The bundle as it stands before another takes its place; input keys leave it out.

    Args:
        path: The bundle's; it is nobody's artifact, as it would be by the name `filepath`.
        metadata: Ignored by Kedro; kedro-viz reads the layer from it.
    """

    grows_in_place = True

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = Path(path)
        self.metadata = metadata

    def load(self) -> FormerBundle | None:
        """What a new bundle must know of it; None where there is none yet."""
        from trisampler.release.former import FormerBundle

        return FormerBundle.read(self._folder)

    def save(self, data: NoReturn) -> None:  # noqa: ARG002
        """Refused: the bundle is saved by its own name."""
        raise DatasetError(f"{type(self).__name__} of {self._folder} is only loaded.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"path": shown_path(self._folder)}
