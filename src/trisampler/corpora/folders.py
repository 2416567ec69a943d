"""The folder a user named."""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.errors import SourceError, listed


def source_folder(path: str | None) -> Path:
    """The folder at `path`, where `~` is the home folder.

    Raises:
        SourceError: nothing is named, nothing is there, or what is there is no folder.
    """
    if path is None:
        raise SourceError("No folder to read is named. Set source.path")
    folder = Path(path).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise SourceError.at(
            folder, None, "a file, not a folder", "Name a folder; unpack an archive first"
        )
    parent = next(parent for parent in folder.absolute().parents if parent.is_dir())
    raise SourceError.at(
        folder, None, f"does not exist; in {parent}: {listed(parent)}", "Correct source.path"
    )
