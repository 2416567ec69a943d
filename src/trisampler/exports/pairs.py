"""The tables of a round as row numbers: what every format is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from trisampler.exports.errors import ExportError

OnePer = Literal["query", "pair"]
"""What an example is.

query: a query with all its positives and the negatives of all of them, each once. Its other
positives can then not meet it as in-batch negatives. pair: a query with one of its positives and
what was drawn for the two.
"""


ScoresOf = Literal["encoder", "teacher"]
"""Whose scores go with the texts. What the teacher has not scored is then left out."""

_SCORES = {"encoder": ("s_q_pos", "s_q_neg"), "teacher": ("teacher_q_pos", "teacher_q_neg")}


@dataclass(frozen=True)
class Pairs:
    """(query, positive) pairs and their negatives, by row of the queries and of the corpus.

    Attributes:
        pairs: pair, query, positive, s_q_pos; sorted by the ids of query and positive, `pair`
            counting them. The score is null where a pair has no negative.
        drawn: pair, place, negative, s_q_neg, source; sorted by pair and place, which counts a
            pair's negatives in the order of drawing.
        unscored: pairs and negatives that are left out for want of a score.
    """

    pairs: pl.DataFrame
    drawn: pl.DataFrame
    unscored: int


def read_pairs(
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None,
    scores_of: ScoresOf = "encoder",
) -> Pairs:
    """Find the rows of all that the negatives and judgements name.

    Args:
        negatives: query_id, positive_id, negative_id, source and scores; a pair's rows in the
            order of drawing.
        corpus: doc_id.
        queries: query_id.
        judgements: query_id, doc_id, relevance of what was mined for: 1 or more is a pair. Without
            them the pairs are those that have negatives.
        scores_of: whose scores to take.

    Raises:
        ExportError: an id is unknown, negatives were drawn for what is no pair, or there are no
            scores of a teacher.
    """
    negatives = _with_scores(negatives, scores_of)
    ids = ["query_id", "positive_id"]
    drawn_for = negatives.select(*ids, "s_q_pos").unique(ids, keep="first")
    named = drawn_for
    if judgements is not None:
        judged = judgements.filter(pl.col("relevance") >= 1)
        named = judged.select("query_id", positive_id="doc_id").unique()
        _check_pairs(drawn_for, named)
        named = named.join(drawn_for, on=ids, how="left")
    everything = named.height + negatives.height
    if scores_of == "teacher":
        named = named.drop_nulls("s_q_pos")
        negatives = negatives.drop_nulls("s_q_neg")
    named = named.sort(ids).with_row_index("pair")
    drawn = (
        negatives.drop("s_q_pos")
        .join(named, on=ids, maintain_order="left")
        .with_columns(place=pl.int_range(pl.len()).over("pair"))
        .sort("pair", "place")
    )
    return Pairs(
        pairs=named.select(
            "pair",
            _rows(named, "query_id", queries, "query_id").alias("query"),
            _rows(named, "positive_id", corpus, "doc_id").alias("positive"),
            "s_q_pos",
        ),
        drawn=drawn.select(
            "pair",
            "place",
            _rows(drawn, "negative_id", corpus, "doc_id").alias("negative"),
            "s_q_neg",
            "source",
        ),
        unscored=everything - named.height - drawn.height,
    )


def _with_scores(negatives: pl.DataFrame, scores_of: ScoresOf) -> pl.DataFrame:
    """query_id, positive_id, negative_id, source, s_q_pos, s_q_neg: the scores asked for."""
    if scores_of not in _SCORES:
        raise ExportError(f"scores_of is {scores_of!r}; it can be 'encoder' or 'teacher'")
    of_positive, of_negative = _SCORES[scores_of]
    if scores_of == "teacher" and (
        of_negative not in negatives.columns or negatives[of_negative].is_null().all()
    ):
        raise ExportError(
            "the negatives hold no scores of a teacher: draw them with one, or export the encoder's"
        )
    return negatives.select(
        "query_id",
        "positive_id",
        "negative_id",
        "source",
        s_q_pos=pl.col(of_positive).cast(pl.Float64),
        s_q_neg=pl.col(of_negative).cast(pl.Float64),
    )


def entries_of(found: Pairs, one_per: OnePer) -> pl.DataFrame:
    """The positives and negatives of all examples: example, query, row, score, source, positive.

    Sorted by example, which counts them; a negative stands once in an example.
    """
    number = pl.col("query").rle_id() if one_per == "query" else pl.col("pair")
    pairs = found.pairs.with_columns(example=number)
    positives = pairs.select(
        "example",
        "query",
        row="positive",
        score="s_q_pos",
        source=pl.lit(None, pl.String),
        positive=pl.lit(value=True),
    )
    drawn = (
        found.drawn.join(pairs.select("pair", "example", "query"), on="pair", maintain_order="left")
        .sort("example", "place", "pair")
        .unique(["example", "negative"], keep="first", maintain_order=True)
        .select(
            "example",
            "query",
            row="negative",
            score="s_q_neg",
            source="source",
            positive=pl.lit(value=False),
        )
    )
    return pl.concat([positives, drawn]).sort("example", maintain_order=True)


def _rows(table: pl.DataFrame, column: str, known: pl.DataFrame, known_column: str) -> pl.Series:
    """The row in `known` of each id in a table's column."""
    numbered = known.select(pl.col(known_column).alias(column)).with_row_index("row")
    rows = table.select(column).join(numbered, on=column, how="left", maintain_order="left")["row"]
    if rows.null_count():
        unknown = table[column].filter(rows.is_null())
        raise ExportError(
            f"{column} {unknown[0]!r} is not in the {known_column} column of the "
            f"{known.height} given ({len(unknown)} such): the tables are not of one collection"
        )
    return rows


def _check_pairs(drawn_for: pl.DataFrame, named: pl.DataFrame) -> None:
    strangers = drawn_for.join(named, on=["query_id", "positive_id"], how="anti")
    if strangers.height:
        query_id, positive_id, _ = strangers.row(0)
        raise ExportError(
            f"there are negatives for query {query_id!r} and document {positive_id!r}, which the "
            f"judgements do not name as its positive ({strangers.height} such pairs): export them "
            "with the judgements they were mined for"
        )
