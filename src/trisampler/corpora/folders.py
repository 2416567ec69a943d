"""The file or folder a user named."""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.errors import SourceError, listed


def source_path(path: str | None) -> Path:
    """The file or folder at `path`, where `~` is the home folder.

    Raises:
        SourceError: nothing is named, or nothing is there.
    """
    if path is None:
        raise SourceError("Nothing to read is named. Set source.path")
    place = Path(path).expanduser()
    if place.exists():
        return place
    parent = next(parent for parent in place.absolute().parents if parent.is_dir())
    raise SourceError.at(
        place, None, f"does not exist; in {parent}: {listed(parent)}", "Correct source.path"
    )


def source_folder(path: str | None) -> Path:
    """The same where it is to be a folder.

    Raises:
        SourceError: nothing is named, nothing is there, or what is there is no folder.
    """
    folder = source_path(path)
    if not folder.is_dir():
        raise SourceError.at(
            folder,
            None,
            "a file, not a folder",
            "Name a folder, or a table of pairs or DPR's .json; unpack an archive first",
        )
    return folder
