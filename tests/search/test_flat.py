"""Exact search gives the naive result to the last bit, however it is computed."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.samples import METHODS, clustered, embeddings, naive_search, same
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.inputs import SearchMemory
from trisampler.search.order import TopK

every_method = pytest.mark.parametrize("method", METHODS)


@st.composite
def awkward_vectors(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Queries and documents with ties of every kind: copies, near-copies, zeros, small numbers."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    dimension = draw(st.integers(1, 24))
    kind = draw(st.sampled_from(["real", "small integers", "half precision", "nearly equal"]))
    originals = random.standard_normal((draw(st.integers(1, 40)), dimension))
    if kind == "small integers":
        originals = np.round(originals)
    if kind == "nearly equal":
        originals = 1 + 1e-7 * originals
    copies = draw(st.integers(1, 4))
    corpus = np.repeat(originals, copies, axis=0)[random.permutation(len(originals) * copies)]
    queries = random.standard_normal((draw(st.integers(1, 6)), dimension))
    queries[0] = 0 if draw(st.booleans()) else corpus[0]
    dtype = np.float16 if kind == "half precision" else np.float32
    return queries.astype(dtype), corpus.astype(dtype)


@every_method
@settings(deadline=None, max_examples=25)
@given(vectors=awkward_vectors(), depth=st.integers(1, 50), rows=st.integers(1, 60))
def test_same_as_naive(
    method: str, vectors: tuple[np.ndarray, np.ndarray], depth: int, rows: int
) -> None:
    queries, corpus = vectors
    memory = SearchMemory(corpus_bytes=rows * 12 * corpus.shape[1], queries=1 + rows % 4)
    found = search_flat(
        embeddings(queries, "q"), embeddings(corpus), depth, memory, METHODS[method]
    )
    assert same(found, naive_search(queries, corpus, depth))


@every_method
@pytest.mark.parametrize("copies", [10, 100, 1000])
def test_ties_beyond_the_slack(method: str, copies: int) -> None:
    """More documents tie at the cut than any list has room for: the last rows win."""
    random = np.random.default_rng(copies)
    tied, rest = random.standard_normal((2, 3, 16)).astype(np.float32)
    corpus = np.concatenate([np.repeat(tied, copies, axis=0), rest])
    corpus = corpus[random.permutation(len(corpus))]
    found = search_flat(embeddings(tied), embeddings(corpus), 7, methods=METHODS[method])
    assert same(found, naive_search(tied, corpus, 7))


@pytest.fixture(scope="module")
def queries() -> np.ndarray:
    return clustered(1, 700, 32)


@pytest.fixture(scope="module")
def corpus() -> np.ndarray:
    documents = clustered(2, 40_000, 32)
    documents[1000:1100] = documents[3]  # a hundred copies
    documents[2000] = 0
    return documents


@pytest.fixture(scope="module")
def found(queries: np.ndarray, corpus: np.ndarray) -> TopK:
    """By default means: on a CPU with bfloat16 those, on a GPU that."""
    return search_flat(embeddings(queries, "q"), embeddings(corpus), 60)


def test_sample_is_naive(queries: np.ndarray, corpus: np.ndarray, found: TopK) -> None:
    few = slice(0, 4)
    expected = naive_search(queries[few], corpus, 60)
    assert same(TopK(found.rows_QK[few], found.scores_QK[few]), expected)


@every_method
@pytest.mark.parametrize("threads", [1, 2])
def test_methods_blocks_and_threads_agree(
    method: str,
    threads: int,
    queries: np.ndarray,
    corpus: np.ndarray,
    found: TopK,
    set_threads: Callable[[int], None],
) -> None:
    set_threads(threads)
    memory = SearchMemory(corpus_bytes=128 * 21003 * threads, queries=301 * threads)
    again = search_flat(embeddings(queries, "q"), embeddings(corpus), 60, memory, METHODS[method])
    assert same(again, found)


def test_where_a_query_stands_changes_nothing(
    queries: np.ndarray, corpus: np.ndarray, found: TopK
) -> None:
    places = np.random.default_rng(0).permutation(len(queries))
    shuffled = search_flat(embeddings(queries[places], "q"), embeddings(corpus), 60)
    assert same(shuffled, TopK(found.rows_QK[places], found.scores_QK[places]))
    alone = search_flat(embeddings(queries[5:6], "q"), embeddings(corpus), 60)
    assert same(alone, TopK(found.rows_QK[5:6], found.scores_QK[5:6]))


def test_greater_depth_continues_the_list(
    queries: np.ndarray, corpus: np.ndarray, found: TopK
) -> None:
    deeper = search_flat(embeddings(queries, "q"), embeddings(corpus), 90)
    assert same(TopK(deeper.rows_QK[:, :60].copy(), deeper.scores_QK[:, :60].copy()), found)


@every_method
def test_documents_that_get_better_and_better(method: str) -> None:
    """The worst order for whatever keeps the best so far."""
    queries, corpus = clustered(3, 80, 16), clustered(4, 34_000, 16)
    corpus = corpus[np.argsort(corpus @ queries[0])]
    sample = search_flat(embeddings(queries), embeddings(corpus), 40, methods=METHODS[method])
    few = TopK(sample.rows_QK[:3], sample.scores_QK[:3])
    assert same(few, naive_search(queries[:3], corpus, 40))


@every_method
def test_vectors_of_very_different_lengths(method: str) -> None:
    random = np.random.default_rng(8)
    queries = random.standard_normal((20, 8)).astype(np.float32) * np.float32(1e6)
    corpus = random.standard_normal((3000, 8)) * 10.0 ** random.integers(-12, 9, (3000, 1))
    corpus = corpus.astype(np.float32)
    found = search_flat(embeddings(queries), embeddings(corpus), 30, methods=METHODS[method])
    assert same(found, naive_search(queries, corpus, 30))


def test_hand_set_vectors() -> None:
    queries = np.array([[1.0, 0.0], [0.0, 0.0]])
    corpus = np.array([[0.6, 0.8], [1.0, 0.0], [0.6, -0.8], [-1.0, 0.0]])
    found = search_flat(embeddings(queries), embeddings(corpus), 3)
    assert found.rows_QK.tolist() == [[1, 2, 0], [3, 2, 1]]
    assert found.scores_QK.tolist() == [[1.0, np.float32(0.6), np.float32(0.6)], [0, 0, 0]]


@every_method
def test_more_asked_for_than_there_is(method: str) -> None:
    one = np.array([[0.5, -2.0]])
    found = search_flat(embeddings(one), embeddings(one), 200, methods=METHODS[method])
    assert found.rows_QK.tolist() == [[0]]
    assert found.scores_QK.tolist() == [[4.25]]


def test_no_queries_give_no_lines() -> None:
    found = search_flat(embeddings(np.empty((0, 3))), embeddings(np.ones((4, 3))), 2)
    assert found.rows_QK.shape == found.scores_QK.shape == (0, 2)


@pytest.mark.parametrize("side", ["query", "document"])
def test_nan_names_the_id(side: str) -> None:
    sound, broken = np.ones((20, 4)), np.ones((20, 4))
    broken[12, 3] = np.nan
    queries, corpus = (broken, sound) if side == "query" else (sound, broken)
    with pytest.raises(SearchError, match=f"{side} '[dq]000012'"):
        search_flat(embeddings(queries, "q"), embeddings(corpus), 3)


@pytest.mark.parametrize(
    ("queries", "documents", "depth", "message"),
    [
        ((2, 3), (0, 3), 5, "no vectors to search in"),
        ((2, 3), (4, 2), 5, "different encoders"),
        ((2, 3), (4, 3), 0, "depth of 0"),
    ],
)
def test_refusals(
    queries: tuple[int, int], documents: tuple[int, int], depth: int, message: str
) -> None:
    with pytest.raises(SearchError, match=message):
        search_flat(embeddings(np.ones(queries)), embeddings(np.ones(documents)), depth)


def test_memory_does_not_grow_with_queries(corpus: np.ndarray) -> None:
    documents = embeddings(corpus)
    memory = SearchMemory(corpus_bytes=1 << 20, queries=256)

    def held(count: int) -> int:
        queries = embeddings(clustered(6, count, 32), "q")
        tracemalloc.start()
        found = search_flat(queries, documents, 50, memory, METHODS["faiss"])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - found.rows_QK.nbytes - found.scores_QK.nbytes

    few, many = held(256), held(2048)
    assert many < few + (1 << 20)
    assert many < 8 << 20


def test_importing_is_cheap() -> None:
    modules = "flat, dense, candidates, lexical, settings, index, index_building, index_folder"
    heavy = "{'torch', 'faiss', 'bm25s', 'Stemmer'} & set(sys.modules)"
    code = f"import sys; from trisampler.search import {modules}; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)
