"""What a reader hands over: rows as the files have them, each with the line it stood on."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from trisampler.corpora.collection import Split
from trisampler.corpora.document_rows import LocatedDocuments
from trisampler.corpora.errors import SourceError
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.surrogates import is_encodable

QUERY_ROWS = {
    "query_id": pl.String,
    "text": pl.String,
    "source": pl.String,
    "line": pl.UInt32,
}
JUDGEMENT_ROWS = {
    "query_id": pl.String,
    "doc_id": pl.String,
    "relevance": pl.Int32,
    "line": pl.UInt32,
}
GIVEN_ROWS = {"query_id": pl.String, "doc_id": pl.String, "line": pl.UInt32}

_TEST_FRACTION = 0.1

Repairs = defaultdict[str, Counter[str]]
"""How often what was mended, by the name of the file inside the source."""


def no_repairs() -> Repairs:
    """Counts that all start at nothing."""
    return defaultdict(Counter)


@dataclass(frozen=True)
class SourceFiles:
    """The files a reader reads.

    Attributes:
        root: where they are.
        paths: by name inside the source (`qrels/train.tsv`).
        ignored: names of others that are there.
        identity: what decides besides the files what is read.

    Raises:
        SourceError: a name that is not UTF-8, so that no report could hold it.
    """

    root: Path
    paths: dict[str, Path]
    ignored: tuple[str, ...] = ()
    identity: str = ""

    def __post_init__(self) -> None:
        for path in self.paths.values():
            if not is_encodable(str(path)):
                raise SourceError.at(path, None, "the name is not UTF-8", "Rename it")


@dataclass(frozen=True)
class LocatedRows:
    """Rows of one file; the column `line` counts from 1."""

    name: str
    path: Path
    table: pl.DataFrame

    def error(self, line: int | None, found: str, remedy: str) -> SourceError:
        """An error at a line of this file."""
        return SourceError.at(self.path, line, found, remedy)


@dataclass(frozen=True)
class HoldOut:
    """A split to be taken from the training queries by hash, where the source has none.

    The hash is over what stays the same when the source grows: the normalised query text, or the
    query's id where that is a name with a meaning.
    """

    split: Split
    fraction: float
    by: Literal["query_id", "normalized_text"]


def hold_outs(
    settings: SourceSettings, by: Literal["query_id", "normalized_text"], *, splits_given: bool
) -> tuple[HoldOut, ...]:
    """A test split and a dev split to be taken from training, where the source has none.

    Args:
        settings: of what share.
        by: what is hashed.
        splits_given: whether the source says itself what is to be measured on; then no test split
            is taken, unless the settings say what share.
    """
    share = settings.test_fraction
    if share is None:
        share = 0.0 if splits_given else _TEST_FRACTION
    return (HoldOut("test", share, by), HoldOut("dev", settings.dev_fraction, by))


@dataclass(frozen=True)
class Source:
    """Everything a reader found, before it is checked, merged and split.

    Ids and query texts are not blank; a document's title and text are "" where they are blank;
    relevances are at least 0.

    Attributes:
        documents: ids, titles and texts.
        queries: QUERY_ROWS; source is "" where nobody says where a query comes from.
        judgements: JUDGEMENT_ROWS per split; there is always a training split.
        hold_outs: splits to take from training where the source has none.
        added_positives: JUDGEMENT_ROWS of relevance 1, each pair once: training judgements of the
            pairs that the training split does not judge.
        given_negatives: GIVEN_ROWS: what the source itself names as negatives, for each query in
            the order in which they are to be taken. Ids may be Categorical: there can be very
            many.
        repairs: how often what was mended.
        details: what else is to be said of this source; plain JSON values.
        notes: sentences on what this source means for measures.
    """

    documents: LocatedDocuments
    queries: LocatedRows
    judgements: dict[Split, LocatedRows]
    hold_outs: tuple[HoldOut, ...]
    added_positives: LocatedRows | None = None
    given_negatives: LocatedRows | None = None
    repairs: Repairs = field(default_factory=no_repairs)
    details: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
