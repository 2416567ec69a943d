"""Which files of DPR's training data there are: one file, or one per split in a folder."""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_path
from trisampler.corpora.opening import opened
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import SourceFiles

_ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
_KEY = b'"positive_ctxs"'
_HEAD = 1 << 20  # bytes; the first question, with all of its passages, takes less
_FORM = (
    "DPR's training data is a file *train*.json, with *dev*.json and *test*.json beside it where "
    "there are such; .jsonl and .gz are read too"
)


def is_dpr(path: Path) -> bool:
    """Whether it is a JSON file, or a folder with a training file that starts as DPR's do."""
    if path.is_file():
        return path.name.endswith(_ENDINGS)
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
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            raise SourceError.at(
                root, None, f"several files of the {split} split: {names}", "Keep one of them"
            )
    read = {path.name: path for paths in found.values() for path in paths}
    others = sorted(path.name for path in root.iterdir() if path.is_file())
    return SourceFiles(root, read, tuple(name for name in others if name not in read))


def split_of(files: SourceFiles, name: str) -> Split:
    """The split that a listed file holds."""
    return "train" if files.root.is_file() else _named_split(name) or "train"


def _by_split(folder: Path) -> dict[Split, list[Path]]:
    found: dict[Split, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        split = _named_split(path.name)
        if split is not None and path.name.endswith(_ENDINGS) and path.is_file():
            found.setdefault(split, []).append(path)
    return found


def _named_split(name: str) -> Split | None:
    return next((split for split in SPLITS if split in name), None)


def _starts_like_dpr(path: Path) -> bool:
    with opened(path) as (file, _):
        return _KEY in file.read(_HEAD)
