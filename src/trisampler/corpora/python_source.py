"""The reader of source code: a documented function is a document, its summary the query.

The task of CodeSearchNet (Husain et al. 2019), on code that every machine has.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from trisampler.corpora.collection import Split
from trisampler.corpora.document_rows import DocumentBuffer
from trisampler.corpora.errors import SourceError
from trisampler.corpora.python_functions import (
    DefinedFunction,
    UnreadableSourceError,
    defined_functions,
)
from trisampler.corpora.python_summary import docstring_summary
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    JUDGEMENT_ROWS,
    QUERY_ROWS,
    LocatedRows,
    Source,
    SourceFiles,
    hold_outs,
)
from trisampler.corpora.surrogates import replace_surrogates
from trisampler.progress import progress_bar

_SHOWN_FILES = 20
_NAME = "source"


def read_python_source(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read all files; one that does not decode or parse is counted and named in the details.

    A document's id is the qualified name (`json.decoder.JSONDecoder.decode`); the second definition
    of a name, counted in the order of file names and lines, has `#2` after it.

    Raises:
        SourceError: there is no pair in all of the files.
    """
    pairs = _Pairs(settings, files.root)
    unread: list[str] = []
    with progress_bar(len(files.paths), "Reading Python source", "file") as bar:
        for name, path in files.paths.items():
            try:
                pairs.add_file(name, path.read_bytes())
            except UnreadableSourceError as error:
                unread.append(f"{name}: {error}")
            bar.update()
    details = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "files": len(files.paths),
        "files_not_read": len(unread),
        "files_not_read_examples": unread[:_SHOWN_FILES],
        "functions": dict(sorted(pairs.counts.items())),
    }
    if not pairs.counts["read"]:
        raise SourceError.at(
            files.root,
            None,
            f"no documented function in {len(files.paths)} files that has "
            f"minimum_summary_words={settings.minimum_summary_words} and "
            f"minimum_body_lines={settings.minimum_body_lines} (found: {details['functions']})",
            "Lower these, or name another source",
        )
    return pairs.source(details)


class _Pairs:
    """Documents, queries and judgements, growing file by file."""

    def __init__(self, settings: SourceSettings, root: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._root = root
        self._definitions: Counter[str] = Counter()
        self._documents = DocumentBuffer()
        self._queries = RowBuffer(QUERY_ROWS)
        self._judgements = RowBuffer(JUDGEMENT_ROWS)

    def add_file(self, name: str, source: bytes) -> None:
        module = _module_name(name)
        for function in defined_functions(source):
            qualified = f"{module}.{function.name}"
            self._definitions[qualified] += 1
            number = self._definitions[qualified]
            self._add(qualified if number == 1 else f"{qualified}#{number}", function)

    def _add(self, identifier: str, function: DefinedFunction) -> None:
        if not function.docstring:
            self.counts["without_docstring"] += 1
            return
        summary = docstring_summary(function.docstring, self._settings.minimum_summary_words)
        if summary is None:
            self.counts["short_summary"] += 1
        elif sum(map(bool, function.code.split("\n"))) < self._settings.minimum_body_lines:
            self.counts["short_body"] += 1
        else:
            self.counts["read"] += 1
            self._documents.append((identifier, "", function.code, function.line))
            self._queries.append((identifier, replace_surrogates(summary), "", function.line))
            self._judgements.append((identifier, identifier, 1, function.line))

    def source(self, details: dict[str, object]) -> Source:
        train: Split = "train"
        return Source(
            self._documents.located(_NAME, self._root),
            LocatedRows(_NAME, self._root, self._queries.table()),
            {train: LocatedRows(_NAME, self._root, self._judgements.table())},
            hold_outs=hold_outs(self._settings, "query_id", splits_given=False),
            details=details,
        )


def _module_name(name: str) -> str:
    """`json/decoder.py` is `json.decoder`, `json/__init__.py` is `json`."""
    parts = name.removesuffix(".py").split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return "_".join(".".join(parts).split())
