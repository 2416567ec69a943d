"""Which columns of a table of pairs are what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trisampler.corpora.errors import shown
from trisampler.corpora.grades import grade_column
from trisampler.corpora.jsonl import Record
from trisampler.corpora.opening import unpacked_ending
from trisampler.corpora.settings import ColumnNames

_QUERY = ("anchor", "query", "question")
_POSITIVE = ("positive", "positives", "pos", "positive_passages", "passage", "document", "answer")
_NEGATIVE = re.compile(r"(hard_)?neg(ative)?s?(_\d+|_passages)?")


@dataclass(frozen=True)
class PairColumns:
    """The columns that are read.

    Attributes:
        query: the query's text.
        positive: a passage that is relevant to it, or a list of such.
        negatives: passages that are not, or lists of such, in the order in which they are taken.
        relevance: of the passage in `positive`; None where all are relevant.
    """

    query: str
    positive: str
    negatives: tuple[str, ...]
    relevance: str | None

    @property
    def read(self) -> frozenset[str]:
        """All of them."""
        return frozenset({self.query, self.positive, *self.negatives, self.relevance or ""})


def has_pair_columns(columns: Sequence[str]) -> bool:
    """Whether there are a query and a positive by one of the names in use."""
    return any(name in columns for name in _QUERY) and any(name in columns for name in _POSITIVE)


def find_columns(record: Record, names: ColumnNames) -> PairColumns:
    """The columns by the names that are set, or by those in use.

    Beside negatives a `score` is no grade: there it is the margin that distillation learns.

    Raises:
        SourceError: the record lacks one.
    """
    columns = list(record.fields)
    if names.negative is None:
        negatives = [name for name in columns if _NEGATIVE.fullmatch(name)]
    else:
        negatives = [_named(record, "negative", names.negative, ())]
    relevance = names.relevance or grade_column(columns)
    if negatives and names.relevance is None and (relevance or "").lower() == "score":
        relevance = None
    return PairColumns(
        _named(record, "query", names.query, _QUERY),
        _named(record, "positive", names.positive, _POSITIVE),
        tuple(negatives),
        relevance and _named(record, "relevance", relevance, ()),
    )


def _named(record: Record, role: str, name: str | None, usual: Sequence[str]) -> str:
    wanted = usual if name is None else (name,)
    found = next((each for each in wanted if each in record.fields), None)
    if found is None:
        columns = ", ".join(record.fields) or "none"
        raise record.error(
            f"no column {' or '.join(wanted)} (columns: {shown(columns)})",
            f"Set source.columns.{role} to the one that is the {role}{_of_header(record)}",
        )
    return found


def _of_header(record: Record) -> str:
    """What must be true of the first line for there to be columns at all."""
    separated = {".tsv": "tabs", ".csv": "commas"}
    by = separated.get(unpacked_ending(record.path.name))
    return f". The first line must name the columns, separated by {by}" if by else ""
