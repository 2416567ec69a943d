"""Writing a bundle: all parts beside the old one, then one change of names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from trisampler import __version__
from trisampler.atomic import replaced_folder
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.embeddings_folder import save_self_contained
from trisampler.encoders.store_format import DIGEST_BYTES
from trisampler.release.changes import Changes, Contents, find_changes
from trisampler.release.documents import corpus_digest, text_digests, write_documents
from trisampler.release.errors import BundleError
from trisampler.release.former import FormerBundle
from trisampler.release.manifest import (
    DOCUMENTS,
    ENCODER,
    FORM,
    INDEX,
    VECTORS,
    Manifest,
    file_facts,
    write_manifest,
)
from trisampler.search.index import Index

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


@dataclass(frozen=True)
class BundleParts:
    """What a bundle is made of, and what changed since the one before.

    Made by `of`.
    """

    encoder: Encoder
    corpus: pl.DataFrame
    corpus_embeddings: Embeddings
    index: Index
    digests: pl.Series
    passages: pl.DataFrame | None
    changes: Changes

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        corpus: pl.DataFrame,
        corpus_embeddings: Embeddings,
        index: Index,
        former: FormerBundle | None = None,
        passages: pl.DataFrame | None = None,
    ) -> BundleParts:
        """Put together what belongs together.

        Where neither a document nor a vector changed, the changes are those that the former
        bundle tells of: a bundle that is written again tells the same.

        Args:
            encoder: of queries and documents.
            corpus: doc_id, title, text; sorted by doc_id.
            corpus_embeddings: of these documents, by this encoder.
            index: over these vectors.
            former: the bundle that this one takes the place of.
            passages: doc_id, document_id: what of the corpus is a passage of which document.

        Raises:
            BundleError: encoder, corpus, embeddings and index do not fit each other.
        """
        digests = text_digests(corpus)
        _check_fit(encoder, corpus["doc_id"], digests, corpus_embeddings, index)
        table = corpus.select("doc_id").with_columns(digests)
        now = Contents(corpus_embeddings.fingerprint, table)
        changes = find_changes(former.contents if former else None, now)
        if former is not None and not changes.any:
            changes = former.changes
        return cls(encoder, corpus, corpus_embeddings, index, digests, passages, changes)


def write_bundle(parts: BundleParts, folder: Path) -> Manifest:
    """Write a bundle to `folder`, whole or not at all.

    A bundle that stands there is replaced by a change of names: who has it open keeps its files.
    Nothing is shared with what the parts were made from.
    """
    with replaced_folder(Path(folder)) as temporary:
        parts.encoder.save(temporary / ENCODER)
        write_documents(parts.corpus, parts.digests, temporary / DOCUMENTS, parts.passages)
        save_self_contained(parts.corpus_embeddings, temporary / VECTORS)
        parts.index.save(temporary / INDEX)
        _let_others_read(temporary)
        manifest = Manifest(
            form=FORM,
            trisampler=__version__,
            documents=parts.corpus.height,
            dimension=parts.corpus_embeddings.dimension,
            fingerprint=parts.corpus_embeddings.fingerprint,
            index=parts.index.report(),
            corpus_digest=corpus_digest(parts.corpus),
            changes=parts.changes,
            files=file_facts(temporary),
        )
        write_manifest(temporary, manifest)
    return manifest


def _let_others_read(folder: Path) -> None:
    """Give every file the permissions of a new one: weights are written for their owner alone."""
    usual = (folder / DOCUMENTS).stat().st_mode
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(usual)


def _check_fit(
    encoder: Encoder, ids: pl.Series, digests: pl.Series, embeddings: Embeddings, index: Index
) -> None:
    if embeddings.ids != ids.to_list():
        raise BundleError(
            f"The embeddings are of {len(embeddings)} documents, and the corpus has {len(ids)}, "
            "or has others: embed this corpus."
        )
    if embeddings.dimension != encoder.dimension:
        raise BundleError(
            f"The embeddings have {embeddings.dimension} dimensions and the encoder "
            f"{encoder.dimension}: embed the corpus with this encoder."
        )
    embedded_N = embeddings.text_digests()
    texts_N = np.array(digests.to_list(), dtype=f"S{DIGEST_BYTES}")
    if embedded_N is not None and not np.array_equal(embedded_N, texts_N):
        raise BundleError("The embeddings are of other texts than the corpus has: embed it again.")
    if index.description.corpus != embeddings.digest:
        raise BundleError("The index was built of other vectors than these: build it again.")
