"""What is said of a release: as JSON, and in the lines that a run ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trisampler.release.writing import BundleParts


def release_report(parts: BundleParts) -> dict[str, Any]:
    """Documents, vectors, index, and the last change; plain JSON values."""
    return {
        "documents": parts.corpus.height,
        "dimension": parts.corpus_embeddings.dimension,
        "fingerprint": parts.corpus_embeddings.fingerprint,
        "index": parts.index.report(),
        "last_change": parts.changes.model_dump(mode="json"),
    }


def release_text(report: dict[str, Any]) -> str:
    """The report in a line."""
    change = report["last_change"]
    documents = f"bundle of {report['documents']:,} documents"
    if change["documents_before"] is None:
        return f"{documents}, the first"
    counts = ", ".join(f"{change[kind]:,} {kind}" for kind in ("added", "edited", "removed"))
    return f"{documents}; last change: {counts}; {change['new_vectors']:,} new vectors"
