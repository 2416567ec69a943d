"""What a new bundle has that the bundle before it had not, by ids and digests of texts."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict

_SHOWN_IDS = 5


class Changes(BaseModel):
    """What changed from one bundle to the next.

    Attributes:
        documents_before: how many the former bundle had; None where there was none.
        added: documents with an id that it did not have.
        edited: documents with another text for the encoder than it had.
        removed: documents that are no longer there.
        new_vectors: different texts of which it had no vector by this encoder: what had to be
            encoded, unless the vector cache knew the text from elsewhere.
        examples: the first ids of those added, edited and removed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents_before: int | None
    added: int
    edited: int
    removed: int
    new_vectors: int
    examples: dict[str, list[str]]

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.edited or self.removed or self.new_vectors)


class Contents(NamedTuple):
    """What a bundle's vectors are of.

    Attributes:
        fingerprint: of what made the vectors.
        digests: `doc_id`, `digest` of each text.
    """

    fingerprint: str
    digests: pl.DataFrame


def find_changes(before: Contents | None, now: Contents) -> Changes:
    """Compare two bundles' contents; `before` is None where there is no former bundle."""
    none = now.digests.clear()
    former = none if before is None else before.digests
    known = former if before is not None and before.fingerprint == now.fingerprint else none
    kept = now.digests.join(former, on="doc_id", how="inner", suffix="_before")
    ids = {
        "added": now.digests.join(former, on="doc_id", how="anti")["doc_id"],
        "edited": kept.filter(pl.col("digest") != pl.col("digest_before"))["doc_id"],
        "removed": former.join(now.digests, on="doc_id", how="anti")["doc_id"],
    }
    return Changes(
        documents_before=None if before is None else former.height,
        added=len(ids["added"]),
        edited=len(ids["edited"]),
        removed=len(ids["removed"]),
        new_vectors=now.digests.join(known, on="digest", how="anti")["digest"].n_unique(),
        examples={kind: found.sort().head(_SHOWN_IDS).to_list() for kind, found in ids.items()},
    )
