"""Which files of pairs there are: one table, tables named by split, or a saved data set.

A data set that Hugging Face `datasets` saved (`save_to_disk`) is a folder of Arrow files with a
state.json, or a folder of such folders, one a split, with a dataset_dict.json.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_path
from trisampler.corpora.naming import ending_of, has_ending, named_split, other_files
from trisampler.corpora.pair_columns import has_pair_columns
from trisampler.corpora.records import is_table, read_table
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import SourceFiles

_SAVED, _SAVED_SPLITS = "state.json", "dataset_dict.json"
_JSON = (".json", ".jsonl", ".ndjson")
_FORM = (
    "Pairs are a table (.parquet, .csv, .tsv, .jsonl) with columns anchor and positive, tables "
    "named *train*, *dev* and *test*, or a folder that `datasets` saved"
)


def is_pairs(path: Path) -> bool:
    """Whether it is a table or a saved data set, with columns of pairs where tables say little."""
    if path.is_file():
        return is_table(path.name) and (
            not has_ending(path.name, _JSON) or _starts_like_pairs(path)
        )
    if any((path / name).is_file() for name in (_SAVED, _SAVED_SPLITS)):
        return True
    first = next(chain.from_iterable(_named_tables(path).values()), None)
    return first is not None and _starts_like_pairs(first)


def list_pair_files(settings: SourceSettings) -> SourceFiles:
    """The files to read, those of a split one after the other.

    Raises:
        SourceError: nothing is there, or nothing to train on.
    """
    root = source_path(settings.path)
    if root.is_file():
        return SourceFiles(root, {root.name: root})
    found = pair_tables(root)
    if "train" not in found:
        raise SourceError.at(root, None, f"no rows to train on; {listed(root)}", _FORM)
    paths = [path for split in found for path in found[split]]
    read = {path.relative_to(root).as_posix(): path for path in paths}
    return SourceFiles(root, read, other_files(root, read))


def pair_tables(root: Path) -> dict[Split, list[Path]]:
    """The tables of each split that has any. One that is alone is to train on, whatever its name.

    Raises:
        SourceError: the tables of a split are of different kinds, or a saved data set is damaged.
    """
    found: dict[Split, list[Path]] = {}
    if (root / _SAVED).is_file():
        found["train"] = _shards(root)
    elif (root / _SAVED_SPLITS).is_file():
        for folder in sorted(entry for entry in root.iterdir() if (entry / _SAVED).is_file()):
            split = named_split(folder.name)
            if split is not None:
                found.setdefault(split, []).extend(_shards(folder))
    else:
        found = _named_tables(root)
    return {split: _of_one_kind(root, split, found[split]) for split in SPLITS if found.get(split)}


def _named_tables(root: Path) -> dict[Split, list[Path]]:
    if root.is_file():
        return {"train": [root]}
    paths = sorted([*root.iterdir(), *root.glob("data/*")]) if root.is_dir() else []
    tables = [path for path in paths if path.is_file() and is_table(path.name)]
    if len(tables) == 1:
        return {"train": tables}
    found: dict[Split, list[Path]] = {split: [] for split in SPLITS}
    for path in tables:
        split = named_split(path.name)
        if split is not None:
            found[split].append(path)
    return found


def _of_one_kind(root: Path, split: Split, paths: list[Path]) -> list[Path]:
    if len({ending_of(path.name) for path in paths}) > 1:
        names = ", ".join(path.name for path in paths)
        found = f"files of different kinds for the {split} split: {names}"
        raise SourceError.at(root, None, found, "Keep those of one kind")
    return paths


def _shards(folder: Path) -> list[Path]:
    """The Arrow files of a saved data set, in their order; one without rows may have none."""
    state = folder / _SAVED
    try:
        names = [each["filename"] for each in json.loads(state.read_bytes())["_data_files"]]
        paths = [folder / Path(name).name for name in names]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError.at(
            state, None, f"not what `datasets` writes ({error!r})", "Save the data set again"
        ) from error
    for path in paths:
        if not path.is_file():
            found = f"{path.name} is missing; {listed(folder)}"
            raise SourceError.at(folder, None, found, "Save the data set again")
    return paths


def _starts_like_pairs(path: Path) -> bool:
    try:
        first = next(read_table(path, Counter()), None)
    except SourceError:
        return False
    return first is not None and has_pair_columns(list(first.fields))
