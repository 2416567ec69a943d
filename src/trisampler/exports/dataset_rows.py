"""The formats of sentence-transformers' `mine_hard_negatives`, in row numbers."""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

from trisampler.exports.errors import ExportError
from trisampler.exports.pairs import Pairs, entries_of

OutputFormat = Literal["triplet", "n-tuple", "labeled-pair", "labeled-list"]
"""Rows of the dataset.

triplet: anchor, positive, negative. n-tuple: anchor, positive, negative_1 to negative_n.
labeled-pair: anchor, document, label; a query's positives, then its negatives, each once.
labeled-list: anchor, documents, labels; a pair's positive, then its negatives.
"""

Incomplete = Literal["repeat", "drop"]
"""What becomes of a pair that has some negatives, but fewer than a tuple holds.

repeat: they are taken again from the first. drop: the pair is left out, as sentence-transformers
does. A pair without any negative is left out of every format but labeled-pair.
"""


def check_format(output_format: OutputFormat, incomplete: Incomplete) -> None:
    """Refuse what is no format.

    Raises:
        ExportError: naming those that there are.
    """
    for value, known in ((output_format, OutputFormat), (incomplete, Incomplete)):
        if value not in get_args(known):
            raise ExportError(f"{value!r} is none of {', '.join(map(repr, get_args(known)))}")


def dataset_rows(
    found: Pairs,
    output_format: OutputFormat,
    incomplete: Incomplete,
    tuple_size: int | None,
    *,
    scores: bool,
) -> pl.DataFrame:
    """anchor, positive and the further columns of the format, texts by their rows.

    Args:
        found: the pairs and their negatives.
        output_format: what a row is.
        incomplete: what becomes of pairs with too few negatives for an n-tuple.
        tuple_size: n; by default as many as any pair has.
        scores: give scores beside the texts, or in place of labels.
    """
    match output_format:
        case "triplet":
            rows = _triplets(_with_pairs(found))
        case "n-tuple":
            rows = _tuples(_with_pairs(found), incomplete, tuple_size)
        case "labeled-pair":
            rows = _labeled_pairs(found, scores=scores)
        case "labeled-list":
            rows = _labeled_lists(_with_pairs(found))
    return rows.drop(("label", "labels") if scores else ("score", "scores"), strict=False)


def _with_pairs(found: Pairs) -> pl.DataFrame:
    """The negatives, each with its pair: sorted by pair and place."""
    return found.drawn.join(found.pairs, on="pair", maintain_order="left")


def _triplets(drawn: pl.DataFrame) -> pl.DataFrame:
    return drawn.select(
        "positive", "negative", anchor="query", scores=pl.concat_list("s_q_pos", "s_q_neg")
    ).select("anchor", "positive", "negative", "scores")


def _tuples(drawn: pl.DataFrame, incomplete: Incomplete, size: int | None) -> pl.DataFrame:
    counts = pl.col("negative").list.len()
    tuples = drawn.group_by("pair", maintain_order=True).agg(
        pl.col("query", "positive", "s_q_pos").first(), "negative", "s_q_neg"
    )
    size = int(tuples.select(counts.max().fill_null(0)).item()) if size is None else size
    if incomplete == "drop":
        tuples = tuples.filter(counts >= size)
    taken = [pl.lit(place, pl.UInt32) % counts for place in range(size)]
    scores = [pl.col("s_q_neg").list.get(place) for place in taken]
    return tuples.select(
        pl.col("query").alias("anchor"),
        "positive",
        *(
            pl.col("negative").list.get(place).alias(f"negative_{number}")
            for number, place in enumerate(taken, start=1)
        ),
        pl.concat_list("s_q_pos", *scores).alias("scores"),
    )


def _labeled_pairs(found: Pairs, *, scores: bool) -> pl.DataFrame:
    entries = entries_of(found, "query")
    if scores:  # a positive without a negative has none
        entries = entries.drop_nulls("score")
    return entries.select(
        pl.col("query").alias("anchor"),
        pl.col("row").alias("positive"),
        pl.col("positive").cast(pl.Int64).alias("label"),
        "score",
    )


def _labeled_lists(drawn: pl.DataFrame) -> pl.DataFrame:
    lists = drawn.with_columns(label=pl.lit(0, pl.Int64)).group_by("pair", maintain_order=True)
    return lists.agg(
        pl.col("query", "positive", "s_q_pos").first(), "negative", "s_q_neg", "label"
    ).select(
        pl.col("query").alias("anchor"),
        pl.concat_list("positive", "negative").alias("positive"),
        pl.concat_list(pl.lit(1, pl.Int64), "label").alias("labels"),
        pl.concat_list("s_q_pos", "s_q_neg").alias("scores"),
    )
