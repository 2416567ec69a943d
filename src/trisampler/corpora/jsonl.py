"""Records of a JSON-lines file and their fields, checked one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.identifiers import is_id
from trisampler.corpora.lines import read_lines
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.surrogates import replace_surrogates


@dataclass(frozen=True)
class Record:
    """One JSON object, the place it stood at, and where to count what is mended in it."""

    fields: dict[str, Any]
    path: Path
    line: int
    repairs: Counter[str]

    def id(self, name: str) -> str:
        """The field as an id. A whole number is taken as its digits and counted.

        Raises:
            SourceError: no such field, another type, or an id that is blank or holds white space.
        """
        if name not in self.fields:
            fields = ", ".join(self.fields) or "none"
            raise self.error(
                f'no "{name}" (fields: {shown(fields)})', f'Give each record a "{name}"'
            )
        value = self.fields[name]
        if isinstance(value, int) and not isinstance(value, bool):
            self.repairs["integer_ids"] += 1
            return str(value)
        if not isinstance(value, str):
            raise self.error(f'"{name}" is {shown(value)}, not a string', "Write ids as strings")
        if not is_id(value):
            raise self.error(
                f'"{name}" is {shown(value)}',
                "An id must be valid Unicode, not empty, and without white space, which run "
                "files cannot hold: replace it, by _ for instance",
            )
        return value

    def optional_text(self, name: str) -> str:
        """The field as text; "" where it is blank, or missing or null, which is counted."""
        value = self.fields.get(name)
        if value is None:
            self.repairs[f"missing_{name}"] += 1
            return ""
        text = self._text(name, value)
        return text if text.strip() else ""

    def query_text(self, name: str) -> str:
        """The field as the text of a query, which must not be blank."""
        value = self.fields.get(name)
        text = "" if value is None else self._text(name, value)
        if not normalize_query(text):
            found = shown(value) if name in self.fields else "missing"
            raise self.error(
                f'query {shown(self.fields.get("_id"))} has no text ("{name}" is {found})',
                "Give it its text, or remove the query and its judgements",
            )
        return text

    def count_extra(self, known: frozenset[str]) -> None:
        """Count the record where it has fields that are not read."""
        if not known.issuperset(self.fields):
            self.repairs["extra_fields"] += 1

    def error(self, found: str, remedy: str) -> SourceError:
        """An error at this record."""
        return SourceError.at(self.path, self.line, found, remedy)

    def _text(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.error(f'"{name}" is {shown(value)}, not a string', "Write text as a string")
        text = replace_surrogates(value)
        if text is not value:
            self.repairs["unpaired_surrogates"] += 1
        return text


def read_records(path: Path, repairs: Counter[str]) -> Iterator[Record]:
    """Yield the JSON object on each line that is not blank.

    Raises:
        SourceError: a line that is not UTF-8, not JSON, or JSON but not an object.
    """
    for number, line in read_lines(path, repairs):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError.at(
                path,
                number,
                f"broken JSON ({error}) in {shown(line)}",
                "Each line must be one whole JSON object; a file that was cut off must be "
                "fetched again",
            ) from error
        if not isinstance(value, dict):
            raise SourceError.at(
                path,
                number,
                f"{shown(value)} is JSON but no object",
                'Each line must be an object such as {"_id": "7", "text": "..."}',
            )
        yield Record(value, path, number, repairs)
