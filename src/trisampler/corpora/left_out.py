"""Judgements that go with the documents that preparation leaves out, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from trisampler.corpora.collection import Split
from trisampler.corpora.source import Source

_SHOWN_PAIRS = 5
_PAIR = ["query_id", "doc_id"]


def count_left_out(source: Source, changes: pl.DataFrame) -> dict[Split, dict[str, Any]]:
    """Per split that loses judgements: how many of how many, and of how many queries all.

    Args:
        source: as it was read; each judgement counts once.
        changes: doc_id, new_id (String): what documents became, null where one is left out.
    """
    missing = changes.filter(pl.col("new_id").is_null())["doc_id"]
    report: dict[Split, dict[str, Any]] = {}
    if missing.is_empty():
        return report
    gone = pl.col("doc_id").is_in(missing.implode())
    for split in source.judgements:
        judged = judgements_as_read(source, split)
        lost = judged.filter(gone)
        if not lost.is_empty():
            unjudged = lost.join(judged.filter(~gone), on="query_id", how="anti")
            examples = lost.sort(_PAIR).select(_PAIR).head(_SHOWN_PAIRS).iter_rows()
            report[split] = {
                "judgements": lost.height,
                "of_judgements": judged.height,
                "positive_judgements": lost.filter(pl.col("relevance") > 0).height,
                "queries_left_unjudged": unjudged["query_id"].n_unique(),
                "of_queries": judged["query_id"].n_unique(),
                "examples": [list(pair) for pair in examples],
            }
    return report


def judgements_as_read(source: Source, split: Split) -> pl.DataFrame:
    """query_id, doc_id, relevance: those of a split and the positives added to it, each once."""
    rows = [source.judgements[split]]
    if split == "train" and source.added_positives is not None:
        rows.append(source.added_positives)
    return pl.concat([each.table.select(*_PAIR, "relevance") for each in rows]).unique(_PAIR)


def splits_left_out(left_out: Mapping[Split, Mapping[str, Any]]) -> dict[Split, str]:
    """Of each split that loses all its judgements a sentence that says why.

    Args:
        left_out: of `count_left_out`.
    """
    return {
        split: f"preparation.minimum_characters left out all judgements of the {split} split "
        f"({lost['judgements']:,}, of {lost['of_queries']:,} queries) with their documents."
        for split, lost in left_out.items()
        if lost["judgements"] == lost["of_judgements"]
    }
