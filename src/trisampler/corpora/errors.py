"""What is wrong with a source, said so that its owner can mend it."""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.surrogates import escape_surrogates
from trisampler.errors import TrisamplerError

_SHOWN_CHARACTERS = 90
_SHOWN_NAMES = 12


class SourceError(TrisamplerError):
    """A source that cannot be read as it is; nothing has been written."""

    @classmethod
    def at(cls, path: Path, line: int | None, found: str, remedy: str) -> SourceError:
        """An error at a file or folder, and at a line of it (from 1) where there is one."""
        place = str(path) if line is None else f"{path}:{line}"
        return cls(escape_surrogates(f"{place}: {found}. {remedy}"))


def nothing_to_train_on(folder: Path, found: str, form: str) -> SourceError:
    """The error of a source that has documents and lacks what training needs."""
    return SourceError.at(
        folder,
        None,
        found,
        f"Training needs queries, and which documents are relevant to them. {form}. Documents "
        "alone do for `kedro run --pipelines refresh`, with an encoder that was trained before",
    )


def shown(value: object) -> str:
    """The value as Python writes it, cut to a length that fits a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def listed(folder: Path) -> str:
    """The names in a folder, folders with a slash, as many as fit a message."""
    names = sorted(_listed(entry) for entry in folder.iterdir())
    if not names:
        return "it is empty"
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"found there: {', '.join(names[:_SHOWN_NAMES])}{more}"


def _listed(entry: Path) -> str:
    if entry.is_dir():
        return f"{entry.name}/"
    if entry.is_file():
        return entry.name
    return f"{entry.name} ({'a link to nothing' if entry.is_symlink() else 'no regular file'})"
