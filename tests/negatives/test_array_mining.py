"""Mining from plain arrays: the same rules, no tables."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from negatives.world import unit
from trisampler.errors import TrisamplerError
from trisampler.negatives import NegativesError, SamplingSettings, mine, miner, searching
from trisampler.negatives.vectors import gathered_products, paired_products

N, Q, D = 300, 60, 24


@pytest.fixture(scope="module")
def arrays():
    generator = np.random.default_rng(0)
    documents = unit(generator.standard_normal((N, D))).astype(np.float32)
    positives = generator.integers(0, N, Q)
    queries = unit(documents[positives] + 0.2 * generator.standard_normal((Q, D)))
    pairs = np.stack([np.arange(Q), positives], axis=1)
    return queries.astype(np.float32), documents, pairs


def same(one, other):
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("rows_Pn", "ranks_Pn", "s_q_neg_Pn", "s_pos_neg_Pn", "log_probability_Pn")
    )


def test_rows_scores_and_ranks(arrays):
    queries, documents, pairs = arrays
    mined = mine(queries, documents, pairs, SamplingSettings(negatives=5), depth=40)
    assert mined.rows_Pn.shape == (Q, 5)
    assert mined.mask_Pn.all()
    assert not (mined.rows_Pn == pairs[:, 1:]).any()
    scores = queries @ documents.T
    order = np.argsort(-scores, axis=1)
    for pair in range(Q):
        assert len(set(mined.rows_Pn[pair])) == 5
        assert (order[pair][mined.ranks_Pn[pair] - 1] == mined.rows_Pn[pair]).all()
    drawn = np.take_along_axis(scores, mined.rows_Pn, axis=1)
    assert mined.s_q_neg_Pn == pytest.approx(drawn, abs=1e-6)
    between = np.einsum("pd,pnd->pn", documents[pairs[:, 1]], documents[mined.rows_Pn])
    assert mined.s_pos_neg_Pn == pytest.approx(between, abs=1e-6)


def test_a_search_of_ones_own_and_chunks_change_nothing(arrays, monkeypatch):
    from trisampler.encoders.embeddings import Embeddings
    from trisampler.search.flat import search_flat

    queries, documents, pairs = arrays
    settings = SamplingSettings(negatives=5)
    whole = mine(queries, documents, pairs, settings, depth=40)
    ids = [f"{row:03d}" for row in range(N)]
    found = search_flat(
        Embeddings.from_array(ids[:Q], queries), Embeddings.from_array(ids, documents), 40
    )
    filled = np.pad(found.rows_QK, ((0, 0), (0, 3)), constant_values=-1)
    scores = np.pad(found.scores_QK, ((0, 0), (0, 3)), constant_values=np.nan)
    given = mine(queries, documents, pairs, settings, candidates=(filled, scores))
    assert same(given, whole)
    monkeypatch.setattr(searching, "QUERIES_AT_ONCE", 7)
    chunked = mine(queries, documents, pairs, settings, depth=40)
    assert same(chunked, whole)
    assert chunked.diagnostics == whole.diagnostics


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_blocks_change_nothing(arrays, monkeypatch, threads):
    queries, documents, pairs = arrays
    settings = SamplingSettings(negatives=5)
    whole = mine(queries, documents, pairs, settings, depth=40)
    monkeypatch.setattr(miner, "_BLOCK_CELLS", 40 * 3)
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        shared = mine(queries, documents, pairs, settings, depth=40)
    finally:
        faiss.omp_set_num_threads(before)
    assert same(shared, whole)
    assert shared.diagnostics == whole.diagnostics


def test_a_broken_query_is_named_by_its_row(arrays, monkeypatch):
    queries, documents, pairs = arrays
    broken = queries.copy()
    broken[41, 3] = np.nan
    monkeypatch.setattr(searching, "QUERIES_AT_ONCE", 10)
    with pytest.raises(TrisamplerError, match="query '000000041'"):
        mine(broken, documents, pairs, SamplingSettings(), depth=40)


def test_pairs_come_back_in_their_order(arrays):
    queries, documents, pairs = arrays
    settings = SamplingSettings()
    order = np.random.default_rng(1).permutation(Q)
    straight = mine(queries, documents, pairs, settings, depth=40)
    mixed = mine(queries, documents, pairs[order], settings, depth=40)
    assert (mixed.rows_Pn == straight.rows_Pn[order]).all()


def test_seeds_texts_and_samplers(arrays):
    queries, documents, pairs = arrays
    settings = SamplingSettings()
    base = mine(queries, documents, pairs, settings)
    assert not (mine(queries, documents, pairs, settings, seed=1).rows_Pn == base.rows_Pn).all()
    assert not mine(queries, documents, pairs, SamplingSettings(sampler="in-batch")).mask_Pn.any()
    assert mine(queries, documents, pairs, SamplingSettings(sampler="random")).mask_Pn.all()
    classes = np.arange(N) // 100 * 100  # three texts
    few = mine(queries, documents, pairs, settings, text_classes_N=classes)
    assert (few.mask_Pn.sum(axis=1) == 2).all()


def test_unusable_arrays_are_named(arrays):
    queries, documents, pairs = arrays
    with pytest.raises(NegativesError, match=r"pair 1 is \(query 60, document 0\)"):
        mine(queries, documents, [(0, 0), (60, 0)], SamplingSettings())
    with pytest.raises(NegativesError, match="pool 'lexical'"):
        mine(queries, documents, pairs, SamplingSettings(sampler="bm25"))
    with pytest.raises(NegativesError, match="is row 300"):
        mine(
            queries,
            documents,
            pairs,
            SamplingSettings(),
            candidates=(np.full((Q, 2), N), np.zeros((Q, 2), np.float32)),
        )


@pytest.mark.parametrize(
    ("rows", "scores"), [((Q - 1, 2), (Q - 1, 2)), ((Q, 2), (Q, 3)), ((Q,), (Q,))]
)
def test_candidates_of_another_shape_are_refused(arrays, rows, scores):
    candidates = (np.zeros(rows, np.int64), np.zeros(scores, np.float32))
    with pytest.raises(NegativesError, match=r"rows of shape .*there are 60 queries"):
        mine(*arrays, SamplingSettings(), candidates=candidates)


def test_no_pairs(arrays):
    queries, documents, _ = arrays
    assert mine(queries, documents, [], SamplingSettings()).rows_Pn.shape == (0, 4)


@pytest.mark.parametrize("dimension", [1, 3, 7, 31, 33, 384])
def test_gathered_products_do_not_depend_on_their_neighbours(dimension):
    generator = np.random.default_rng(dimension)
    left = generator.standard_normal((20, dimension), dtype=np.float32)
    right = generator.standard_normal((50, dimension), dtype=np.float32)
    rows = generator.integers(-1, 50, (20, 9))
    whole = gathered_products(left, right, rows)
    exact = np.where(rows >= 0, np.einsum("pd,pkd->pk", left.astype(float), right[rows]), 0)
    assert whole == pytest.approx(exact, abs=1e-4)
    for row in range(20):
        for offset in (0, 1, 5):  # other addresses, other alignment
            moved = np.empty(right.size + 16, dtype=np.float32)[offset : offset + right.size]
            moved[:] = right.ravel()
            alone = gathered_products(
                left[row : row + 1], moved.reshape(right.shape), rows[row : row + 1, ::-1]
            )
            assert alone[0, ::-1].tobytes() == whole[row].tobytes()
    assert paired_products(left, left) == pytest.approx((left.astype(float) ** 2).sum(axis=1))
