"""Vectors of texts, by whatever encoder a user has, or the user's own.

Shapes: N texts, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trisampler.corpora.documents import document_texts
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings, EncodingSettings, Side
from trisampler.negatives.arrays import Float32, Int64
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.text_tables import TextTables
from trisampler.progress import progress_bar

_TEXTS_AT_ONCE = 4096


class TextEncoder(Protocol):
    """Turns texts into vectors, as sentence-transformers' models do.

    Where it also has `encode_query` and `encode_document`, these are used. Where its
    `similarity_fn_name` is "cosine", its vectors are scaled to length 1.
    """

    def encode(self, texts: list[str], /) -> Any:
        """An array (n, D): the vectors of n texts."""
        ...


AnyEncoder = str | EncoderSettings | Encoder | TextEncoder


def embed_tables(
    tables: TextTables,
    encoder: AnyEncoder | None,
    query_vectors: npt.ArrayLike | None,
    document_vectors: npt.ArrayLike | None,
) -> tuple[Embeddings, Embeddings]:
    """Embeddings of the queries and of the corpus.

    Args:
        tables: the texts.
        encoder: of what has no vectors.
        query_vectors: (Q, D), of the queries as the user gave them.
        document_vectors: (N, D), of the documents as the user gave them.

    Raises:
        NegativesError: there are neither vectors nor an encoder, or shapes do not fit.
    """
    sides = (
        _Half("query", _array(query_vectors), tables.query_rows, tables.kept_ids.height),
        _Half("document", _array(document_vectors), tables.document_rows, tables.corpus.height),
    )
    for half in sides:
        half.check(encoder)
    ready = None
    if encoder is not None and any(half.vectors is None for half in sides):
        ready = _loaded(encoder)
    queries, corpus = tables.queries, tables.corpus
    return (
        sides[0].embeddings(queries["query_id"].to_list(), queries["text"].to_list(), ready),
        sides[1].embeddings(corpus["doc_id"].to_list(), document_texts(corpus), ready),
    )


def without_vectors(tables: TextTables) -> tuple[Embeddings, Embeddings]:
    """The same with vectors of no dimensions, where none are looked at."""
    ids = (tables.queries["query_id"].to_list(), tables.corpus["doc_id"].to_list())
    queries, corpus = (Embeddings.from_array(each, np.empty((len(each), 0))) for each in ids)
    return queries, corpus


def _array(vectors: npt.ArrayLike | None) -> npt.NDArray[Any] | None:
    """Lists and tensors as an array; what is mapped from a file stays so."""
    return None if vectors is None else np.asanyarray(vectors)


@dataclass(frozen=True)
class _Half:
    """Queries or documents: the user's vectors, if any, and which rows of them are in the table."""

    side: Side
    vectors: npt.NDArray[Any] | None
    rows: Int64
    given: int

    def check(self, encoder: AnyEncoder | None) -> None:
        if self.vectors is None:
            if encoder is None:
                raise NegativesError(
                    f"there is neither an encoder nor {self.side}_vectors: give one of them"
                )
        elif self.vectors.ndim != 2 or len(self.vectors) != self.given:
            raise NegativesError(
                f"{self.side}_vectors have shape {self.vectors.shape} and there are {self.given} "
                f"{self.side} texts; expected one row for each, in their order"
            )

    def embeddings(
        self, ids: list[str], texts: list[str], encoder: Encoder | TextEncoder | None
    ) -> Embeddings:
        if self.vectors is not None:
            dimension = self.vectors.shape[1]
            return Embeddings(ids, "given", dimension, self.vectors, self.rows)
        assert encoder is not None
        return Embeddings.from_array(ids, _encode(encoder, texts, self.side))


def _loaded(encoder: AnyEncoder) -> Encoder | TextEncoder:
    if isinstance(encoder, str):
        encoder = EncoderSettings.model_validate({"name": encoder})
    return Encoder.load(encoder) if isinstance(encoder, EncoderSettings) else encoder


def _encode(encoder: Encoder | TextEncoder, texts: Sequence[str], side: Side) -> Float32:
    """Vectors (N, D) of at least one text."""
    parts = []
    with (
        _encoding(encoder, side) as encode,
        progress_bar(len(texts), f"encoding ({side})", "text") as bar,
    ):
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            some = list(texts[start : start + _TEXTS_AT_ONCE])
            vectors_ND = np.asarray(encode(some), dtype=np.float32)
            if vectors_ND.ndim != 2 or len(vectors_ND) != len(some):
                raise NegativesError(
                    f"the encoder made an array of shape {vectors_ND.shape} of {len(some)} "
                    f"{side} texts; expected one vector a text"
                )
            parts.append(vectors_ND)
            bar.update(len(some))
    return np.concatenate(parts)


@contextmanager
def _encoding(encoder: Encoder | TextEncoder, side: Side) -> Iterator[Callable[[list[str]], Any]]:
    """What turns a list of texts of one side into an array."""
    if isinstance(encoder, Encoder):
        from trisampler.encoders.encoding import Encoding

        with Encoding(encoder, side, EncodingSettings.model_validate({})) as encoding:
            yield encoding.encode
        return
    method = getattr(encoder, f"encode_{side}", encoder.encode)
    if getattr(encoder, "similarity_fn_name", None) == "cosine":
        yield lambda texts: _unit(np.asarray(method(texts), dtype=np.float32))
    else:
        yield method


def _unit(vectors_ND: Float32) -> Float32:
    """Scaled to length 1; zero vectors stay."""
    norms_N = np.linalg.norm(vectors_ND, axis=-1)
    norms_N[norms_N == 0] = 1
    return np.asarray(vectors_ND / norms_N[..., None], dtype=np.float32)
