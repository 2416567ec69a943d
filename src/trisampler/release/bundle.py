"""A bundle that has been opened: texts in, documents out.

Shapes: Q queries, K results, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.settings import EncodingSettings
from trisampler.errors import TrisamplerError
from trisampler.release.documents import DocumentTable
from trisampler.release.errors import BundleError
from trisampler.release.manifest import (
    DOCUMENTS,
    ENCODER,
    INDEX,
    VECTORS,
    Manifest,
    check_all_files,
    check_files,
    read_manifest,
)
from trisampler.release.whole_documents import WholeDocuments
from trisampler.search.arrays import Float32
from trisampler.search.candidates import RANKED_COLUMNS, candidates_table
from trisampler.search.index import Index
from trisampler.search.order import TopK
from trisampler.search.vectors import row_id

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

_QUERIES_AT_ONCE = 256
_ATTEMPTS = 5


@dataclass(frozen=True)
class Hits:
    """The K best documents of each of Q queries, the best first.

    Attributes:
        ids: Q lists of K document ids.
        scores_QK: float32 inner products.
        titles: Q lists of K titles, "" where there is none.
        texts: Q lists of K texts.
    """

    ids: list[list[str]]
    scores_QK: Float32
    titles: list[list[str]]
    texts: list[list[str]]


class Bundle:
    """A retriever: what `load` makes of a folder that `write_bundle` wrote.

    Vectors and documents stay on disk, memory-mapped, until a query needs them. It goes on as it
    was when another bundle takes the folder's place. Threads may share it; they take turns.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        encoder: Encoder,
        corpus: Embeddings,
        index: Index,
        documents: DocumentTable,
        encoding: EncodingSettings,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.encoder = encoder
        self._corpus = corpus
        self._index = index
        self._documents = documents
        self._encoding = encoding
        self._turn = Lock()
        whole = documents.whole_documents()
        self._whole = None if whole is None else WholeDocuments(whole)

    @classmethod
    def load(cls, folder: Path | str, encoding: EncodingSettings | None = None) -> Self:
        """Open the bundle in `folder`.

        Sizes of all files are checked, and the bytes of those that are read whole; `verify` checks
        the rest.

        Args:
            folder: may be anywhere; nothing outside it is needed.
            encoding: device and precision of queries; by default what suits this machine.

        Raises:
            BundleError: a part is missing, cut off, altered or foreign; the message names it.
        """
        folder = Path(folder)
        for _ in range(_ATTEMPTS):
            identity = _identity(folder)
            manifest = read_manifest(folder)
            try:
                opened = cls._open(
                    folder, manifest, encoding or EncodingSettings.model_validate({})
                )
            except (TrisamplerError, OSError) as error:
                if _identity(folder) == identity:
                    if isinstance(error, BundleError):
                        raise
                    raise BundleError.of(folder, str(error).rstrip(".")) from error
            else:
                if _identity(folder) == identity:
                    return opened
        raise BundleError.of(folder, "it was replaced again and again while it was being opened")

    @classmethod
    def _open(cls, folder: Path, manifest: Manifest, encoding: EncodingSettings) -> Self:
        from trisampler.encoders.encoder import Encoder

        check_files(folder, manifest)
        corpus = Embeddings.load(folder / VECTORS)
        documents = DocumentTable(folder / DOCUMENTS)
        _check_fit(folder, manifest, corpus, documents)
        encoder = Encoder.load_folder(folder / ENCODER)
        index = Index.load(folder / INDEX)
        return cls(folder, manifest, encoder, corpus, index, documents, encoding)

    def __len__(self) -> int:
        """How many documents there are; passages of one document are one."""
        return self.manifest.documents if self._whole is None else len(self._whole)

    def verify(self) -> None:
        """Read every file of the folder and check that it is what was written.

        Raises:
            BundleError: a file is missing, cut off, altered, or no part of this bundle.
        """
        check_all_files(self.folder, self.manifest)

    def search(self, texts: Sequence[str], k: int = 10) -> Hits:
        """The `k` best documents of each query, all there are where these are fewer.

        A document that was cut into passages is as good as its best one, whose text is given.

        Args:
            texts: Q queries, encoded and searched for some hundreds at a time.
            k: documents of each query.

        Raises:
            BundleError: `texts` is one text, or `k` is below 1.
        """
        if isinstance(texts, str):
            raise BundleError("search takes a list of texts, and was given one text: write [text].")
        if k < 1:
            raise BundleError(f"k is {k}: ask for 1 document or more.")
        depth = min(k, len(self))
        found = Hits([], np.empty((len(texts), depth), dtype=np.float32), [], [])
        for start in range(0, len(texts), _QUERIES_AT_ONCE):
            some = slice(start, start + _QUERIES_AT_ONCE)
            with self._turn:
                self._search_some(texts[some], depth, found, some)
        return found

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        """The `k` best documents of each query as a run: ids and scores, no texts.

        Args:
            queries: query_id, text; ids are unique.
            k: documents of each query.

        Returns:
            The columns of `RANKED_COLUMNS`, by query_id and rank.
        """
        asked = queries.sort("query_id")
        depth = min(k, len(self))
        tables = [pl.DataFrame(schema=RANKED_COLUMNS)]
        for some in asked.iter_slices(_QUERIES_AT_ONCE):
            with self._turn:
                best = self._nearest(some["text"].to_list(), depth)
            ids = self._corpus.ids if self._whole is None else self._whole.ids
            tables.append(candidates_table(some["query_id"].to_list(), ids, best))
        return pl.concat(tables)

    def _nearest(self, texts: Sequence[str], depth: int) -> TopK:
        """Rows and scores of one batch."""
        from trisampler.encoders.encoding import encode_texts

        vectors_QD = encode_texts(self.encoder, texts, "query", self._encoding)
        ids = [row_id(number) for number in range(len(texts))]
        queries = Embeddings.from_array(ids, vectors_QD)

        def find(passages: int) -> TopK:
            return self._index.search(queries, self._corpus, passages)

        return find(depth) if self._whole is None else self._whole.nearest(find, depth)

    def _search_some(self, texts: Sequence[str], depth: int, found: Hits, place: slice) -> None:
        """Search for one batch and put what it finds into `found`."""
        best = self._nearest(texts, depth)
        found.scores_QK[place] = best.scores_QK
        documents = self._documents.rows(best.rows_QK.reshape(-1))
        ids = documents["doc_id"].to_list()
        if self._whole is not None:
            ids = [self._whole.ids[row] for row in best.rows_QK.reshape(-1)]
        for values, lists in (
            (ids, found.ids),
            (documents["title"].to_list(), found.titles),
            (documents["text"].to_list(), found.texts),
        ):
            lists.extend(_rows_of(values, depth))


def _rows_of(values: list[str], depth: int) -> Iterator[list[str]]:
    return (values[start : start + depth] for start in range(0, len(values), depth))


def _check_fit(
    folder: Path, manifest: Manifest, corpus: Embeddings, documents: DocumentTable
) -> None:
    found = (len(corpus), len(documents), corpus.dimension, corpus.fingerprint)
    told = (manifest.documents, manifest.documents, manifest.dimension, manifest.fingerprint)
    if found != told:
        raise BundleError.of(folder, "vectors, documents and manifest are of different bundles")


def _identity(folder: Path) -> tuple[int, int, int] | None:
    """What changes when another folder takes this one's place, be it with the same content.

    A bundle whose parts were read before and after two such changes would have the right manifest
    and another bundle's vectors. Inodes are used again; the time of the change is not.
    """
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns
