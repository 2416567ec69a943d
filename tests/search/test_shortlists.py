"""A shortlist that calls itself complete has all of the K best and all that tie with them."""

from __future__ import annotations

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.samples import METHODS, clustered, embeddings
from trisampler.search import rounded, vectors
from trisampler.search.reservoir import Reservoir
from trisampler.search.shortlist import Shortlist
from trisampler.search.vectors import VectorBlock, VectorBlocks, vector_norms

KINDS = [
    "real",
    "integers",
    "copies",
    "nearly equal",
    "huge",
    "tiny",
    "denormal",
    "rounded denormal",
    "mixed",
    "zeros",
]


def exact(queries: np.ndarray, corpus: np.ndarray) -> np.ndarray:
    wide = corpus.astype(np.float64)
    return np.array([[math.fsum(row) for row in query * wide] for query in queries])


def check(found: Shortlist, scores_QN: np.ndarray, depth: int) -> None:
    """Against exact scores (Q, N); what ties is what has the same float32 score."""
    assert (found.floor_Q <= np.sort(scores_QN, axis=1)[:, -depth]).all()
    canonical_QN = scores_QN.astype(np.float32)
    for listed, complete, scores in zip(found.rows_QW, found.complete_Q, canonical_QN, strict=True):
        rows = listed[listed >= 0].tolist()
        assert len(set(rows)) == len(rows)
        if complete:
            needed = np.flatnonzero(scores >= np.sort(scores)[-depth])
            assert set(needed.tolist()) <= set(rows)


def block(vectors: np.ndarray) -> VectorBlock:
    return VectorBlock(0, vectors, vector_norms(vectors))


def vectors_of(kind: str, random: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    vectors = random.standard_normal((count, dimension))
    if kind == "integers":
        vectors = np.round(vectors)
    if kind == "copies":
        vectors = vectors[random.integers(0, min(3, count), count)]
    if kind == "nearly equal":
        vectors = vectors[random.integers(0, min(3, count), count)] + 1e-4 * vectors
    if kind == "zeros":
        vectors *= random.integers(0, 2, (count, 1))
    if kind == "rounded denormal":
        vectors = np.round(vectors * 50) * 2.0**-133  # bfloat16 has them, hardware may not
    scale = {"huge": 1e16, "tiny": 1e-19, "denormal": 3e-39}.get(kind, 1.0)
    if kind == "mixed":
        vectors *= 10.0 ** random.integers(-42, 17, vectors.shape)
    return (vectors * scale).astype(np.float32)


@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from(KINDS),
    st.sampled_from(KINDS),
    st.integers(1, 70),
    st.integers(1, 60),
)
def test_complete_shortlists_are_complete(
    method: str, seed: int, kind: str, other: str, dimension: int, depth: int
) -> None:
    random = np.random.default_rng(seed)
    corpus = vectors_of(kind, random, int(random.integers(1, 400)), dimension)
    queries = vectors_of(other, random, 5, dimension)
    depth = min(depth, len(corpus))
    blocks = VectorBlocks(embeddings(corpus), "document", int(random.integers(1, 500)))
    with (
        mock.patch.object(rounded, "_TILE", int(random.integers(1, 99))),
        mock.patch.object(vectors, "SAMPLE", int(random.integers(1, 99))),
    ):
        found = METHODS[method][0](block(queries), blocks, depth)
    check(found, exact(queries, corpus), depth)


@pytest.mark.parametrize("tile", [7, 2048])
def test_clusters_are_sifted_by_bfloat16_alone(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever alike documents stand: nearly no query is left over, and few rows are listed."""
    monkeypatch.setattr(rounded, "_TILE", tile * 100)
    centres = clustered(1, 400, 64)
    corpus = np.repeat(centres, 100, axis=0)  # the documents of a centre stand together
    noise = np.random.default_rng(2).standard_normal(corpus.shape)
    corpus = (corpus + 0.05 * noise).astype(np.float32)
    queries = clustered(3, 300, 64)
    depth = 50
    blocks = VectorBlocks(embeddings(corpus), "document", len(corpus))
    found = METHODS["bfloat16 alone"][0](block(queries), blocks, depth)
    assert found.complete_Q.mean() > 0.98
    assert (found.rows_QW >= 0).sum(axis=1).mean() < 2 * depth


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([1e-6, 1e-3, 0.1]))
def test_reservoir_keeps_the_best_however_scores_err(seed: int, depth: int, error: float) -> None:
    """Documents come tile after tile with scores off by anything up to the error."""
    random = np.random.default_rng(seed)
    queries, documents, tile = 4, 2000, 100
    scores = random.standard_normal((queries, documents))
    scores[1] = np.sort(scores[1])  # better and better
    scores[2] = np.round(scores[2], 1)  # ties
    guessed = np.sort(scores, axis=1)[:, -3 * depth] + random.normal(0, 0.5, queries)
    reservoir = Reservoir(guessed, np.full(queries, error), depth)
    for first in range(0, documents, tile):
        thresholds = reservoir.thresholds_Q2.sum(axis=1)[:, None]
        off = random.uniform(-0.99 * error, 0.99 * error, (queries, tile))
        margin = scores[:, first : first + tile] + off - thresholds
        # To bfloat16, toward zero: off by as much as that can be.
        bits = margin.astype(np.float32).view(np.int32) & ~0xFFFF
        query, column = np.nonzero(margin >= 0)
        reservoir.add(query, bits.view(np.float32)[query, column], column + first)
    check(reservoir.shortlist(), scores, depth)


def test_reservoir_with_a_wrong_guess_says_so() -> None:
    reservoir = Reservoir(np.array([0.5, 0.5, 0.5]), np.full(3, 1e-3), 3)
    # The last query has three above the threshold, but one of them may belong below it.
    rows = np.arange(8)
    margin = np.array([1, 1, 1, 1, 1, 1, 1, 1.5e-3], dtype=np.float32)
    reservoir.add(np.repeat([0, 1, 2], [2, 3, 3]), margin, rows)
    assert reservoir.shortlist().complete_Q.tolist() == [False, True, False]


def test_reservoir_that_overflows_says_so() -> None:
    reservoir = Reservoir(np.array([-1.0, -1.0]), np.full(2, 1e-3), 3)
    many = np.arange(1000)
    reservoir.add(np.repeat([0, 1], [1000, 4]), np.ones(1004, np.float32), np.r_[many, :4])
    found = reservoir.shortlist()
    assert found.complete_Q.tolist() == [False, True]
    assert sorted(found.rows_QW[1][found.rows_QW[1] >= 0]) == [0, 1, 2, 3]
    assert (reservoir.thresholds_Q2[0] > 1e30).any()  # nothing more is let in
