"""How files are named: packed or not, a table of one kind or another, of which split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from trisampler.corpora.collection import Split
from trisampler.corpora.errors import SourceError
from trisampler.corpora.opening import PACKED, unpacked_name
from trisampler.corpora.surrogates import escape_surrogates

# Whole words, so that latest_export is no test split; MS MARCO writes doctrain and docdev.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SPLIT_WORDS: dict[Split, re.Pattern[str]] = {
    "train": re.compile(r"(doc)?train(ing)?(set|data)?"),
    "dev": re.compile(r"(doc)?(dev(elopment)?|val(id(ation)?)?)(set|data)?"),
    "test": re.compile(r"(doc)?test(ing)?(set|data)?"),
}


def has_ending(name: str, endings: Sequence[str]) -> bool:
    """Whether a file's name ends in one of these, packed or not, in capitals or not."""
    return unpacked_name(name).lower().endswith(tuple(endings))


def ending_of(name: str) -> str:
    """What a file's name says of its kind and of how it is packed: ".jsonl", ".csv.gz"."""
    unpacked = unpacked_name(name)
    return (Path(unpacked).suffix + name[len(unpacked) :]).lower()


def files_called(folder: Path, stem: str, endings: Iterable[str]) -> list[str]:
    """The names inside `folder` of the files that are called `stem` and an ending, packed or not.

    Args:
        folder: need not exist.
        stem: the name without its ending, with a folder before it perhaps: "qrels/train".
        endings: such as ".jsonl".
    """
    names = [stem + ending + packed for ending in endings for packed in ("", *PACKED)]
    return [name for name in names if (folder / name).is_file()]


def find_file(folder: Path, stem: str, endings: Iterable[str]) -> str | None:
    """The one of these files that there is.

    Raises:
        SourceError: there are two.
    """
    return only_one(folder, files_called(folder, stem, endings), stem)


def find_matching(folder: Path, pattern: str, endings: Sequence[str]) -> list[str]:
    """The names of the files in `folder` that match `pattern` and have one of the endings."""
    paths = sorted(folder.glob(pattern)) if folder.is_dir() else []
    names = [path.name for path in paths if path.is_file() and not path.name.startswith(".")]
    return [name for name in names if has_ending(name, endings)]


def only_one(folder: Path, names: Sequence[str], what: str) -> str | None:
    """The one name there is.

    Raises:
        SourceError: there are several.
    """
    if len(names) > 1:
        found = f"several files of {what}: {', '.join(names)}"
        raise SourceError.at(folder, None, found, "Keep one of them")
    return names[0] if names else None


def named_split(name: str) -> Split | None:
    """The split of which a word is in the name: train, dev (or valid), test."""
    words = [word.lower() for word in _WORD.findall(name)]
    for split, known in _SPLIT_WORDS.items():
        if any(known.fullmatch(word) for word in words):
            return split
    return None


def other_files(folder: Path, read: Iterable[str]) -> tuple[str, ...]:
    """The files of a folder, and of its folder qrels, that are not read.

    Bytes of a name that are not UTF-8 are escaped, for the report to hold it.
    """
    present = sorted([*folder.iterdir(), *folder.glob("qrels/*")])
    names = [path.relative_to(folder).as_posix() for path in present if path.is_file()]
    known = set(read)
    return tuple(escape_surrogates(name) for name in names if name not in known)
