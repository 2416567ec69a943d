"""Which files of DPR's training data there are: one file, or one per split in a folder."""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.collection import Split
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_path
from trisampler.corpora.naming import has_ending, named_split, only_one, other_files
from trisampler.corpora.opening import opened
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import SourceFiles

_ENDINGS = (".json", ".jsonl")
_KEY = b'"positive_ctxs"'
_HEAD = 1 << 20  # bytes; the first question, with all of its passages, takes less
_FORM = (
    "DPR's training data is a file *train*.json, with *dev*.json and *test*.json beside it where "
    "there are such; .jsonl is read too, and .gz, .bz2 and .zst"
)


def is_dpr(path: Path) -> bool:
    """Whether it is a JSON file, or a folder with a training file that starts as DPR's do."""
    if path.is_file():
        return has_ending(path.name, _ENDINGS)
    return any(_starts_like_dpr(file) for file in _by_split(path).get("train", []))


def list_dpr_files(settings: SourceSettings) -> SourceFiles:
    """The one file named, which is to train on, or those of a folder.

    Raises:
        SourceError: nothing is there, there is no file to train on, or there are two for a split.
    """
    root = source_path(settings.path)
    if root.is_file():
        return SourceFiles(root, {root.name: root})
    found = _by_split(root)
    if "train" not in found:
        raise SourceError.at(root, None, f"no file to train on; {listed(root)}", _FORM)
    for split, paths in found.items():
        only_one(root, [path.name for path in paths], f"the {split} split")
    read = {path.name: path for paths in found.values() for path in paths}
    return SourceFiles(root, read, other_files(root, read))


def split_of(files: SourceFiles, name: str) -> Split:
    """The split that a listed file holds."""
    return "train" if files.root.is_file() else named_split(name) or "train"


def _by_split(folder: Path) -> dict[Split, list[Path]]:
    found: dict[Split, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        split = named_split(path.name)
        if split is not None and has_ending(path.name, _ENDINGS) and path.is_file():
            found.setdefault(split, []).append(path)
    return found


def _starts_like_dpr(path: Path) -> bool:
    with opened(path) as (file, _):
        return _KEY in file.read(_HEAD)
