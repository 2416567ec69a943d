"""What the toolkits train on, one query or pair at a time: texts with their ids and scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import polars as pl

from trisampler.exports.errors import ExportError
from trisampler.exports.pairs import OnePer, ScoresOf, entries_of, read_pairs

_EXAMPLES_AT_ONCE = 2048


class Passage(NamedTuple):
    """A document in an example.

    Attributes:
        doc_id: its id.
        title: possibly blank.
        text: without the title.
        score: s(q, d), or the teacher's; None where there is none.
        source: the pool that a negative is from.
    """

    doc_id: str
    title: str
    text: str
    score: float | None
    source: str | None

    @property
    def whole_text(self) -> str:
        """Title and text, as encoders are given them."""
        return f"{self.title} {self.text}".strip()


class Example(NamedTuple):
    """A query with its positives, in the order of their ids, and negatives, in that of drawing."""

    query_id: str
    query: str
    positives: list[Passage]
    negatives: list[Passage]


@dataclass(frozen=True)
class Examples:
    """Examples, made as they are asked for, in the order of their ids.

    Attributes:
        corpus: doc_id, title, text.
        queries: query_id, text.
        groups: query, positives, negatives: a row, and lists of row, score and source.
        unscored: pairs and negatives that are left out for want of a teacher's score.
    """

    corpus: pl.DataFrame
    queries: pl.DataFrame
    groups: pl.DataFrame
    unscored: int

    @classmethod
    def build(
        cls,
        negatives: pl.DataFrame,
        corpus: pl.DataFrame,
        queries: pl.DataFrame,
        judgements: pl.DataFrame | None = None,
        *,
        one_per: OnePer = "query",
        scores_of: ScoresOf = "encoder",
    ) -> Examples:
        """Group the tables.

        Args:
            negatives: a round's, or those of `mine_negatives`.
            corpus: doc_id, title, text.
            queries: query_id, text.
            judgements: what was mined for; without them only pairs with negatives are known.
            one_per: what an example is.
            scores_of: whose scores go with the passages.

        Raises:
            ExportError: tables that do not fit together.
        """
        if one_per not in get_args(OnePer):
            raise ExportError(f"one_per is {one_per!r}; it can be 'query' or 'pair'")
        found = read_pairs(negatives, corpus, queries, judgements, scores_of)
        entries = entries_of(found, one_per)
        entry = pl.struct("row", "score", "source")
        groups = entries.group_by("example", maintain_order=True).agg(
            pl.col("query").first(),
            positives=entry.filter(pl.col("positive")),
            negatives=entry.filter(~pl.col("positive")),
        )
        return cls(corpus, queries, groups.drop("example"), found.unscored)

    def __len__(self) -> int:
        return self.groups.height

    def __iter__(self) -> Iterator[Example]:
        for some in self.groups.iter_slices(_EXAMPLES_AT_ONCE):
            used = pl.concat([some["positives"].explode(), some["negatives"].explode()])
            rows = used.struct.field("row").drop_nulls().unique()
            documents = self.corpus[rows].select("doc_id", "title", "text").rows()
            by_row = dict(zip(rows.to_list(), documents, strict=True))
            asked = self.queries[some["query"]].select("query_id", "text").rows()
            entries = zip(some["positives"].to_list(), some["negatives"].to_list(), strict=True)
            for (query_id, text), (positives, negatives) in zip(asked, entries, strict=True):
                yield Example(
                    query_id, text, _passages(positives, by_row), _passages(negatives, by_row)
                )


def _passages(
    entries: list[dict[str, Any]], by_row: dict[int, tuple[str, str, str]]
) -> list[Passage]:
    return [Passage(*by_row[each["row"]], each["score"], each["source"]) for each in entries]
