"""Whatever ends a run is told in a message that says what to do."""

from __future__ import annotations

import errno

import pytest
from kedro.io import DatasetError

from trisampler.corpora.query_text import normalize_query
from trisampler.errors import TrisamplerError
from trisampler.failures import failure_message, in_node


def raised(error: Exception, cause: Exception | None = None, node: str | None = None) -> Exception:
    if node:
        in_node(error, node)
    error.__cause__ = cause
    return error


SPACE = OSError(errno.ENOSPC, "No space left on device", "/disk/corpus.parquet")

FAILURES = {
    "ours": (TrisamplerError("a: b. Do c"), ["a: b. Do c"]),
    "ours inside Kedro's": (
        raised(DatasetError("Failed while loading"), TrisamplerError("a: b. Do c"), "embed"),
        ["a: b. Do c"],
    ),
    "full disk": (
        raised(DatasetError("Failed while saving"), SPACE, "ingestion.read_source"),
        ["ingestion.read_source: ", "/disk/corpus.parquet", "make room and run again"],
    ),
    "full disk, told by safetensors": (
        raised(RuntimeError("IoError(Os { code: 28, No space left on device })"), None, "n"),
        ["n: ", "make room and run again"],
    ),
    "a limit on files, told by safetensors": (
        raised(RuntimeError("I/O error: File too large (os error 27)"), None, "n"),
        ["n: ", "raise it and run again"],
    ),
    "read-only": (
        raised(PermissionError(errno.EACCES, "Permission denied", "/data"), None, "n"),
        ["/data: Permission denied", "rights"],
    ),
    "memory": (raised(MemoryError("Unable to allocate 3 TiB"), None, "n"), ["3 TiB", "lower"]),
    "memory, told by torch": (
        raised(RuntimeError("DefaultCPUAllocator: can't allocate memory"), None, "n"),
        ["memory ran out", "micro_batch_tokens"],
    ),
    "memory, taken for damage of a file": (
        raised(
            TrisamplerError("The embeddings are damaged. Delete the folder"),
            OSError(errno.ENOMEM, "Cannot allocate memory", "rows.parquet"),
            "round_1.retrieval.retrieve_candidates",
        ),
        ["round_1.retrieval.retrieve_candidates: memory ran out", "run again"],
    ),
    "too many files, taken for damage of a file": (
        raised(
            TrisamplerError("The embeddings are damaged. Delete the folder"),
            RuntimeError("Too many open files (os error 24)"),
        ),
        ["Too many open files", "ulimit -n"],
    ),
    "unknown name": (
        ValueError("Pipeline does not contain nodes named ['x']."),
        ["Pipeline does not contain", "--verbose"],
    ),
    "unforeseen": (
        raised(KeyError("x"), None, "round_1.sampling.draw_negatives"),
        ["round_1.sampling.draw_negatives: KeyError: 'x'", "--verbose", "--force"],
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_message(name: str) -> None:
    error, found = FAILURES[name]
    message = failure_message(error)
    for each in found:
        assert each in message
    assert "Traceback" not in message
    assert "Delete" not in message


def test_the_innermost_line_of_our_own_is_named() -> None:
    with pytest.raises(TypeError) as caught:
        normalize_query(7)  # type: ignore[arg-type]
    in_node(caught.value, "n")
    assert "(trisampler/corpora/query_text.py:" in failure_message(caught.value)
