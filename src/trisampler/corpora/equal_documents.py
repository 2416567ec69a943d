"""Documents of equal title and text, which are one document."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.corpora.document_rows import LocatedDocuments
from trisampler.hashing import digest_text

_SHOWN_GROUPS = 5
_DIGEST = ["first_half", "second_half"]


def merge_equal_documents(documents: LocatedDocuments) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Which documents are the same as one of a smaller id.

    White space around title and text does not count.

    Args:
        documents: those that are blank in the index are not looked at.

    Returns:
        doc_id and new_id (String) of each that is to be merged into another, and a report.
    """
    digests = pl.concat(
        [pl.DataFrame(schema=dict.fromkeys(_DIGEST, pl.UInt64))]
        + [_digests(block) for block in documents.blocks]
    )
    table = documents.index.hstack(digests).filter(~pl.col("blank"))
    ordered = table.select("doc_id", *_DIGEST).sort(*_DIGEST, "doc_id")
    same = pl.all_horizontal(pl.col(half) == pl.col(half).shift() for half in _DIGEST)
    ordered = ordered.with_columns(same=same.fill_null(value=False))
    # Of a run of equal digests the first has the smallest id.
    kept = pl.when(~pl.col("same")).then("doc_id").forward_fill()
    merged = ordered.with_columns(new_id=kept).filter("same").select("doc_id", "new_id")
    groups = merged.group_by("new_id").agg(pl.col("doc_id").sort()).sort("new_id")
    examples = [[kept, *gone] for kept, gone in groups.head(_SHOWN_GROUPS).iter_rows()]
    report = {"groups": groups.height, "merged_away": merged.height, "examples": examples}
    return merged.sort("doc_id"), report


def _digests(block: pl.DataFrame) -> pl.DataFrame:
    pairs = block.select("title", "text").iter_rows()
    digests = [digest_text(f"{title.strip()}\0{text.strip()}") for title, text in pairs]
    halves = [
        [int.from_bytes(digest[half], "little") for digest in digests]
        for half in (slice(8), slice(8, None))
    ]
    return pl.DataFrame(
        dict(zip(_DIGEST, halves, strict=True)), schema=dict.fromkeys(_DIGEST, pl.UInt64)
    )
