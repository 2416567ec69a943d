"""A smaller corpus for trying things: every document that is named, and a sample of the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from trisampler.corpora.source import Source
from trisampler.hashing import unit_interval

_NOTE = (
    "The corpus is a sample that keeps every judged document: measures are higher than on the "
    "whole corpus, and compare only with others on this sample."
)


def sample_documents(source: Source, documents: int, seed: int) -> tuple[Source, dict[str, Any]]:
    """Leave all but `documents` documents out, or all but the judged ones where these are more.

    Which others are kept is a function of seed and id: a larger sample holds the smaller one.
    Given negatives that are not kept are dropped with their documents.

    Args:
        source: whose documents, judgements and positives fit together.
        documents: how many to keep.
        seed: of the choice.

    Returns:
        The source, and a report; empty where nothing is left out.
    """
    index = source.documents.index
    there = index.filter(~pl.col("blank")).select("doc_id")
    if there.height <= documents:
        return source, {}
    named = [rows.table["doc_id"] for rows in source.judgements.values()]
    if source.added_positives is not None:
        named.append(source.added_positives.table["doc_id"])
    judged = pl.concat([column.cast(pl.String) for column in named]).unique()
    others = there.filter(~pl.col("doc_id").is_in(judged.implode()))["doc_id"]
    room = max(0, documents - len(judged))
    chance = pl.Series(
        [unit_interval(seed, "subset", doc_id) for doc_id in others], dtype=pl.Float64
    )
    sample = others.gather(chance.arg_sort().head(room))
    kept = pl.concat([judged, sample])
    smaller = source.documents.leaving_out(~pl.col("doc_id").is_in(kept.implode()))
    report = {"of": there.height, "judged": len(judged), "sampled": len(sample), "seed": seed}
    return replace(source, documents=smaller, notes=(*source.notes, _NOTE)), report
