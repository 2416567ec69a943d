"""Records of a JSON-lines file and their fields, checked one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.identifiers import is_id
from trisampler.corpora.lines import read_lines
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.surrogates import replace_surrogates


@dataclass(frozen=True)
class Record:
    """One JSON object, the place it stood at, and where to count what is mended in it.

    Attributes:
        fields: of the object.
        path: of its file.
        line: from 1; None where lines say nothing.
        repairs: counts.
        within: where in the line or file it stood: "element 3, positive_ctxs[0]".
    """

    fields: dict[str, Any]
    path: Path
    line: int | None
    repairs: Counter[str]
    within: str = ""

    def id(self, name: str) -> str:
        """The field as an id. A whole number is taken as its digits and counted.

        Raises:
            SourceError: no such field, another type, or an id that is blank or holds white space.
        """
        value = self._required(name)
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

    def first_of(self, names: Sequence[str]) -> str:
        """The first of some names for the same thing that the record has a field of.

        The first of all where it has none, for whoever asks for that field to say so.
        """
        return next((name for name in names if name in self.fields), names[0])

    def optional_text(self, name: str) -> str:
        """The field as text; "" where it is blank, or missing or null, which is counted."""
        value = self.fields.get(name)
        if value is None:
            self.repairs[f"missing_{name}"] += 1
            return ""
        text = self._text(name, value)
        return text if text.strip() else ""

    def text(self, name: str) -> str:
        """The field, which must be there, as text; "" where it is blank."""
        text = self._text(name, self._required(name))
        return text if text.strip() else ""

    def records(self, name: str) -> list[Record]:
        """The field, which must be there, as the objects of a list."""
        values = self._required(name)
        if not isinstance(values, list):
            raise self.error(f'"{name}" is {shown(values)}, not a list', "Write a list of objects")
        found = []
        for number, value in enumerate(values):
            within = ", ".join(filter(None, [self.within, f"{name}[{number}]"]))
            record = replace(self, fields=value, within=within)
            if not isinstance(value, dict):
                raise record.error(f"{shown(value)} is no object", "Write a list of objects")
            found.append(record)
        return found

    def query_text(self, name: str) -> str:
        """The field as the text of a query, which must not be blank."""
        value = self.fields.get(name)
        text = "" if value is None else self._text(name, value)
        if not normalize_query(text):
            found = shown(value) if name in self.fields else "missing"
            query = f"query {shown(self.fields['_id'])}" if "_id" in self.fields else "the query"
            raise self.error(
                f'{query} has no text ("{name}" is {found})',
                "Give it its text, or remove the query and its judgements",
            )
        return text

    def count_extra(self, known: frozenset[str]) -> None:
        """Count the record where it has fields that are not read."""
        if not known.issuperset(self.fields):
            self.repairs["extra_fields"] += 1

    def error(self, found: str, remedy: str) -> SourceError:
        """An error at this record."""
        place = f"{self.within}: " if self.within else ""
        return SourceError.at(self.path, self.line, f"{place}{found}", remedy)

    def _required(self, name: str) -> Any:
        if name not in self.fields:
            fields = ", ".join(self.fields) or "none"
            raise self.error(
                f'no "{name}" (fields: {shown(fields)})', f'Give each record a "{name}"'
            )
        return self.fields[name]

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
