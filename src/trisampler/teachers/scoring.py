"""Scores of (query, document) pairs by a teacher, none of them computed twice.

Shapes: X pairs, D dimensions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl

from trisampler.encoders.chunks import chunk_tokens, cut_in_chunks, likely_tokens
from trisampler.encoders.precision import precision_name, resolve_device, resolve_precision
from trisampler.encoders.store_filling import Compute, fill_store
from trisampler.encoders.store_format import Header
from trisampler.encoders.vector_cache import VectorCache
from trisampler.teachers.cross_encoder import CrossEncoder
from trisampler.teachers.errors import TeacherError
from trisampler.teachers.model import teacher_kind
from trisampler.teachers.pair_scoring import pair_scoring
from trisampler.teachers.pairs import Pairs
from trisampler.teachers.settings import TeacherSettings

SCORES_SCHEMA = {"query_id": pl.String, "doc_id": pl.String, "score": pl.Float32}

# Most pairs in a commit: what a crash can cost.
CHUNK_PAIRS = 4096
_PRODUCTS_AT_ONCE = 8192
_LOGGER = logging.getLogger(__name__)


def score_pairs(
    pairs: pl.DataFrame,
    queries: pl.DataFrame,
    corpus: pl.DataFrame,
    settings: TeacherSettings,
    cache: VectorCache,
) -> pl.DataFrame:
    """The teacher's score of each pair: a table with `SCORES_SCHEMA`, in the order of `pairs`.

    What the model computes is kept in `cache` by the texts and by all that decides it: a
    cross-encoder's logits by pair, a bi-encoder's vectors by text. Killed at any point, the next
    call goes on behind the last commit.

    Args:
        pairs: query_id, doc_id, each pair once.
        queries: query_id, text.
        corpus: doc_id, title, text.
        settings: which model, and how; without a name there are no scores.
        cache: looked up, and appended to chunk by chunk.

    Raises:
        EncoderError: the model cannot be found or loaded.
        TeacherError: a pair has no text, or a score that is not finite; named by query and
            document.
    """
    if settings.name is None or pairs.is_empty():
        return pl.DataFrame(schema=SCORES_SCHEMA)
    texts = Pairs.build(pairs.select("query_id", "doc_id"), queries, corpus)
    score = _SCORERS[teacher_kind(settings, settings.name)]
    scores_X = score(texts, settings.name, settings, cache)
    return pairs.select("query_id", "doc_id", score=pl.Series(scores_X, dtype=pl.Float32))


def _read_together(
    pairs: Pairs, name: str, settings: TeacherSettings, cache: VectorCache
) -> np.ndarray:
    """By a cross-encoder: the activation of each pair's logit."""
    cross_encoder = CrossEncoder.load(name, settings.pair_length)
    precision = resolve_precision(settings.precision, resolve_device(settings.device))
    header = Header(cross_encoder.fingerprint(precision_name(precision)), 1, "float32")

    @contextmanager
    def scoring_of_rows() -> Iterator[Compute]:
        with pair_scoring(cross_encoder, settings) as score:

            def compute(
                chunks: Iterable[np.ndarray], on_batch: Callable[[int], object]
            ) -> Iterator[np.ndarray]:
                for rows in chunks:
                    logits_X = score([pairs.text_pair(row) for row in rows], on_batch)
                    _check_finite(logits_X, rows, pairs, name)
                    yield logits_X[:, None]

            yield compute

    def cut(rows: np.ndarray) -> list[np.ndarray]:
        return cut_in_chunks(
            rows,
            [likely_tokens(len(pairs.text_pair(row)), settings.pair_length) for row in rows],
            most_rows=CHUNK_PAIRS,
            most_tokens=chunk_tokens(cross_encoder.model, resolve_device(settings.device)),
        )

    digests_X = pairs.digests()
    store, scored = fill_store(
        cache,
        header,
        digests_X,
        scoring_of_rows,
        cut=cut,
        description="Scoring pairs",
        unit="pair",
    )
    _LOGGER.info("%d pairs: %d scored by the teacher, the rest known.", len(pairs), scored)
    logits_X = np.asarray(store.vectors_ND[store.lookup(digests_X), 0])
    return logits_X if settings.activation == "none" else _sigmoid(logits_X)


def _read_apart(
    pairs: Pairs, name: str, settings: TeacherSettings, cache: VectorCache
) -> np.ndarray:
    """By a bi-encoder: the dot product of each pair's vectors."""
    from trisampler.encoders.embeddings import embed
    from trisampler.encoders.encoder import Encoder

    encoder = Encoder.load(settings.encoder(name))
    how = settings.encoding
    query_vectors = embed(encoder, *pairs.queries, "query", cache, how)
    document_vectors = embed(encoder, *pairs.documents, "document", cache, how)
    scores_X = np.empty(len(pairs), dtype=np.float32)
    for start in range(0, len(pairs), _PRODUCTS_AT_ONCE):
        part = slice(start, start + _PRODUCTS_AT_ONCE)
        # Summed in float64, so that a score does not depend on how many are computed at once.
        scores_X[part] = np.vecdot(
            query_vectors.vectors(pairs.query_X[part]).astype(np.float64),
            document_vectors.vectors(pairs.document_X[part]).astype(np.float64),
        )
    _check_finite(scores_X, np.arange(len(pairs)), pairs, name)
    return scores_X


_SCORERS = {"cross-encoder": _read_together, "bi-encoder": _read_apart}


def _sigmoid(logits_X: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logit)), without overflow and exact in both tails."""
    return np.exp(-np.logaddexp(0.0, -logits_X.astype(np.float64))).astype(np.float32)


def _check_finite(scores_X: np.ndarray, rows_X: np.ndarray, pairs: Pairs, name: str) -> None:
    bad = np.flatnonzero(~np.isfinite(scores_X))
    if bad.size:
        raise TeacherError(
            f"The teacher {name!r} scores {pairs.named(int(rows_X[bad[0]]))} as "
            f"{scores_X[bad[0]]} ({bad.size} such among {len(scores_X)}). Set teacher.precision to "
            "float32; if that does not help, the model is damaged."
        )
