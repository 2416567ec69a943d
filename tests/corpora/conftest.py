"""A small folder in BEIR's form, whole and clean, for tests to damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

WriteFolder = Callable[..., Path]


def _write(
    folder: Path,
    documents: Mapping[str, str],
    queries: Mapping[str, str],
    qrels: Mapping[str, Sequence[tuple[str, str, int]]],
) -> Path:
    (folder / "qrels").mkdir(parents=True)
    corpus = [
        {"_id": key, "title": f"Title {key}", "text": text} for key, text in documents.items()
    ]
    asked = [{"_id": key, "text": text} for key, text in queries.items()]
    for name, records in (("corpus", corpus), ("queries", asked)):
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8", newline="")
    for split, rows in qrels.items():
        lines = "query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t{r}\n" for q, d, r in rows)
        (folder / "qrels" / f"{split}.tsv").write_text(lines, encoding="utf-8", newline="")
    return folder


@pytest.fixture(scope="session")
def write_folder() -> WriteFolder:
    """Writes documents {id: text}, queries {id: text} and qrels {split: rows} into a new folder."""
    return _write


@pytest.fixture
def clean_folder(tmp_path: Path) -> Path:
    """Six documents, five judged queries in three splits, every line as it should be."""
    return _write(
        tmp_path / "clean",
        {f"d{number}": f"document {number} on café 字" for number in range(1, 7)},
        {
            "q1": "first query",
            "q2": "second query",
            "q3": "third query",
            "q4": "fourth query",
            "q5": "fifth query",
        },
        {
            "train": [("q1", "d1", 1), ("q2", "d2", 2), ("q2", "d3", 0), ("q3", "d3", 1)],
            "dev": [("q4", "d4", 1)],
            "test": [("q5", "d5", 1), ("q5", "d6", 1)],
        },
    )
