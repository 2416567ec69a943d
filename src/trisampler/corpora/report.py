"""What ingestion says it read, mended, merged and held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.source import Repairs, SourceFiles
from trisampler.hashing import digest_file

_MOST_FILES = 10  # a source tree has hundreds; its one digest says enough


def count_repairs(repairs: Repairs) -> dict[str, dict[str, int]]:
    """The counts that are not zero, in the order of names."""
    return {
        name: {kind: count for kind, count in sorted(counts.items()) if count}
        for name, counts in sorted(repairs.items())
        if any(counts.values())
    }


def count_split(judgements: pl.DataFrame) -> dict[str, int]:
    """Sizes of one split."""
    positive = judgements.filter(pl.col("relevance") > 0)
    queries = judgements["query_id"].n_unique()
    return {
        "queries": queries,
        "judgements": judgements.height,
        "positive_judgements": positive.height,
        "queries_without_positive": queries - positive["query_id"].n_unique(),
        "judged_documents": judgements["doc_id"].n_unique(),
    }


def file_digests(files: SourceFiles) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file, where there are few."""
    if len(files.paths) > _MOST_FILES:
        return {}
    return {
        name: {"bytes": path.stat().st_size, "sha256": digest_file(path)}
        for name, path in sorted(files.paths.items())
    }


def split_notes(
    splits: dict[Split, pl.DataFrame], held_out: dict[str, Any], lost: Mapping[Split, str]
) -> list[str]:
    """Sentences on splits that the source did not have, or that preparation left out.

    Args:
        splits: as they are.
        held_out: by split, of `hold_out`.
        lost: what is to be said of splits that preparation left out.
    """
    notes = list(lost.values())
    notes += [
        f"No {split} split {'is left' if split in lost else 'in the source'}: "
        f"{held_out[split]['queries']} queries held out of train by {held_out[split]['by']}."
        for split in SPLITS
        if split in held_out
    ]
    if splits["dev"].is_empty():
        notes.append("No dev split: the training split has too few queries to hold one out.")
    if splits["test"].is_empty():
        notes.append("No test split: evaluation is on dev, on which the checkpoint was chosen.")
    return notes
