"""An index finds what it promises, the same however it is asked, and only of its own corpus."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from search.samples import clustered, embeddings, naive_search, same
from trisampler.encoders.embeddings import Embeddings
from trisampler.search.candidates import candidates_table
from trisampler.search.dense import search_neighbours, search_queries
from trisampler.search.errors import SearchError
from trisampler.search.flat import search_flat
from trisampler.search.index import Index
from trisampler.search.index_building import build_index, recall_of
from trisampler.search.index_folder import LISTS, MANIFEST
from trisampler.search.inputs import SearchMemory
from trisampler.search.order import TopK
from trisampler.search.settings import IndexSettings

DIMENSION, DOCUMENTS = 32, 5_000
FACTORIES = ["IVF16,Flat", "IVF16,PQ8", "HNSW16", "SQfp16", "OPQ4,IVF16,PQ4", "PCA16,SQ8"]
every_factory = pytest.mark.parametrize("factory", FACTORIES)


@pytest.fixture(scope="module")
def queries() -> Embeddings:
    return embeddings(clustered(1, 150, DIMENSION), "q")


@pytest.fixture(scope="module")
def corpus() -> Embeddings:
    return embeddings(clustered(2, DOCUMENTS, DIMENSION))


@pytest.fixture(scope="module")
def exact(queries: Embeddings, corpus: Embeddings) -> TopK:
    return search_flat(queries, corpus, 20)


def settings_of(factory: str, **values: Any) -> IndexSettings:
    given = {"nprobe": 4, "ef_search": 64, "train_sample": 1_000, "recall_floor": 0.5, **values}
    return IndexSettings(factory=factory, **given)


@pytest.fixture(scope="module")
def built(queries: Embeddings, corpus: Embeddings) -> dict[str, Index]:
    return {name: build_index(corpus, settings_of(name), 3, queries) for name in FACTORIES}


def test_by_default_it_is_exact_search(
    queries: Embeddings, corpus: Embeddings, exact: TopK
) -> None:
    index = build_index(corpus, IndexSettings(), 0)
    assert index.lists is None
    assert same(index.search(queries, corpus, 20), exact)
    assert index.report()["recall"] == 1


@every_factory
def test_what_it_finds_is_scored_exactly_and_in_order(
    factory: str, built: dict[str, Index], queries: Embeddings, corpus: Embeddings
) -> None:
    found = built[factory].search(queries, corpus, 20)
    for query in range(0, 150, 30):
        rows = np.sort(found.rows_QK[query])
        among = naive_search(queries.vectors(slice(query, query + 1)), corpus.vectors(rows), 20)
        assert rows[among.rows_QK[0]].tolist() == found.rows_QK[query].tolist()
        assert among.scores_QK[0].tolist() == found.scores_QK[query].tolist()


@every_factory
def test_the_recall_that_it_reports_is_what_a_search_finds(
    factory: str, built: dict[str, Index], queries: Embeddings, corpus: Embeddings
) -> None:
    report = built[factory].report()
    found = built[factory].search_lists(queries, corpus, 100)
    shares = recall_of(found, search_flat(queries, corpus, 100))
    assert report["recall"] == pytest.approx(shares.mean())
    assert report["lowest_recall"] == pytest.approx(shares.min())
    assert report["recall"] > 0.8


@every_factory
def test_batches_blocks_threads_and_neighbours_change_nothing(
    factory: str,
    built: dict[str, Index],
    queries: Embeddings,
    corpus: Embeddings,
    set_threads: Callable[[int], None],
) -> None:
    index = built[factory]
    found = index.search(queries, corpus, 20)
    for threads, memory in [(1, SearchMemory(100_000, 7)), (3, SearchMemory(1 << 20, 64))]:
        set_threads(threads)
        assert same(index.search(queries, corpus, 20, memory), found)
    one = Embeddings.from_array(["q"], queries.vectors(slice(70, 71)))
    alone = index.search(one, corpus, 20)
    assert same(alone, TopK(found.rows_QK[70:71], found.scores_QK[70:71]))


@every_factory
def test_built_again_it_is_the_same_to_the_last_byte(
    factory: str,
    built: dict[str, Index],
    queries: Embeddings,
    corpus: Embeddings,
    set_threads: Callable[[int], None],
) -> None:
    import faiss

    before = faiss.serialize_index(built[factory].lists)
    for threads in (1, 3):
        set_threads(threads)
        again = build_index(corpus, settings_of(factory), 3, queries)
        assert again.description == built[factory].description
        assert np.array_equal(faiss.serialize_index(again.lists), before)


def test_a_wider_search_finds_all(queries: Embeddings, corpus: Embeddings, exact: TopK) -> None:
    everywhere = build_index(corpus, settings_of("IVF16,Flat", nprobe=16), 3)
    assert same(everywhere.search(queries, corpus, 20), exact)
    rescored = build_index(corpus, settings_of("PQ4", rescored=DOCUMENTS), 3)
    assert same(rescored.search(queries, corpus, 20), exact)


def test_recall_by_hand() -> None:
    def found(rows: list[list[int]]) -> TopK:
        return TopK(np.array(rows, dtype=np.int32), np.zeros((2, 4), dtype=np.float32))

    shares = recall_of(found([[1, 2, 3, 4], [9, 8, 7, 6]]), found([[4, 3, 2, 1], [1, 2, 9, 3]]))
    assert shares.tolist() == [1.0, 0.25]


@pytest.mark.parametrize(
    ("factory", "told", "untold"),
    [
        ("IVF64,PQ2", ["search.nprobe (1 now)", "search.rescored (1 now)"], "ef_search"),
        ("HNSW2", ["search.ef_search (1 now)", "search.rescored (1 now)"], "nprobe"),
        ("PQ1", ["Raise search.rescored (1 now), choose"], "nprobe"),
    ],
)
def test_an_index_that_finds_too_little_is_refused(
    queries: Embeddings, corpus: Embeddings, factory: str, told: list[str], untold: str
) -> None:
    narrow = settings_of(factory, nprobe=1, ef_search=1, rescored=1, recall_floor=0.99)
    with pytest.raises(SearchError) as error:
        build_index(corpus, narrow, 3, queries)
    for words in (*told, repr(factory), "recall_floor asks for 99.0%", "(150 queries)"):
        assert words in str(error.value)
    assert untold not in str(error.value)


def test_queries_that_get_too_few_are_searched_for_exactly(
    queries: Embeddings, corpus: Embeddings, caplog: pytest.LogCaptureFixture
) -> None:
    narrow = settings_of("IVF64,Flat", nprobe=1, recall_floor=0)
    index = build_index(corpus, narrow, 3, queries)
    assert 0 < index.report()["recall"] < 1
    with caplog.at_level(logging.WARNING):
        found = index.search(queries, corpus, 400)
    assert "lists fewer than 400 documents for 150 of 150 queries" in caplog.text
    assert same(found, search_flat(queries, corpus, 400))
    assert same(index.search(queries, corpus, DOCUMENTS + 9), search_flat(queries, corpus, 5_000))


@pytest.mark.parametrize(
    ("factory", "told"),
    [
        ("IVF16,Flatt", "could not parse code description Flatt"),
        ("exakt", "could not parse"),
        ("", "could not parse"),
        ("LSH", "METRIC_L2"),
    ],
)
def test_a_string_that_faiss_does_not_know_never_begins(factory: str, told: str) -> None:
    with pytest.raises(ValidationError, match="neither exact nor a factory string") as error:
        IndexSettings(factory=factory)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("factory", "documents", "told"),
    [
        ("IVF256,Flat", 100, "of 100 documents x 32 dimensions"),
        ("PQ5", 2_000, "multiple of the number of subquantizers"),
        ("IDMap,Flat", 50, "search.factory='IDMap,Flat'"),
        ("IVF4,Flat", 0, "no vectors to index"),
    ],
)
def test_what_faiss_cannot_build_is_told(factory: str, documents: int, told: str) -> None:
    with pytest.raises(SearchError, match=told):
        build_index(embeddings(clustered(2, documents, DIMENSION)), settings_of(factory), 0)


@pytest.mark.parametrize("row", [0, 4_321])
def test_a_broken_vector_is_named(corpus: Embeddings, row: int) -> None:
    vectors = corpus.vectors()
    vectors[row, 3] = np.nan
    with pytest.raises(SearchError, match=f"document 'd{row:06d}'"):
        build_index(embeddings(vectors), settings_of("SQfp16"), 0)


@every_factory
def test_saved_and_loaded_it_finds_the_same(
    factory: str, built: dict[str, Index], queries: Embeddings, corpus: Embeddings, tmp_path: Path
) -> None:
    index = built[factory]
    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")
    assert loaded.description == index.description
    assert loaded.report() == index.report()
    assert same(loaded.search(queries, corpus, 20), index.search(queries, corpus, 20))


def test_an_exact_one_is_a_manifest_only(corpus: Embeddings, tmp_path: Path) -> None:
    index = build_index(corpus, IndexSettings(), 0)
    index.save(tmp_path / "index")
    assert [path.name for path in (tmp_path / "index").iterdir()] == [MANIFEST]
    assert Index.load(tmp_path / "index") == index


def test_searches_by_id_go_through_the_index(
    built: dict[str, Index], queries: Embeddings, corpus: Embeddings
) -> None:
    index = built["IVF16,PQ8"]
    asked = pl.Series(queries.ids[40:60])
    table = search_queries(queries, corpus, asked, 20, index.search)
    whole = index.search(queries, corpus, 20)
    expected = candidates_table(queries.ids, corpus.ids, whole)
    assert table.equals(expected.filter(pl.col("query_id").is_in(asked.implode())))
    near = search_neighbours(corpus, pl.Series(corpus.ids[:9]), 5, index.search)
    assert near.filter(pl.col("query_id") == pl.col("doc_id")).is_empty()
    assert near["rank"].to_list() == [1, 2, 3, 4, 5] * 9


@pytest.mark.parametrize("factory", ["exact", "SQfp16"])
@pytest.mark.parametrize("change", ["vector", "id", "encoder", "fewer"])
def test_another_corpus_is_refused(
    queries: Embeddings, corpus: Embeddings, factory: str, change: str
) -> None:
    index = build_index(corpus, settings_of(factory), 0)
    ids, vectors, fingerprint = list(corpus.ids), corpus.vectors(), "in memory"
    if change == "vector":
        vectors[17, 1] += 1
    elif change == "id":
        ids[-1] = "z"
    elif change == "encoder":
        fingerprint = "another"
    else:
        ids, vectors = ids[:-1], vectors[:-1]
    with pytest.raises(SearchError, match="built of other vectors"):
        index.search(queries, Embeddings.from_array(ids, vectors, fingerprint), 5)


def altered(folder: Path, **values: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | values))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), f"{MANIFEST} is missing"),
        (lambda folder: cut(folder / MANIFEST), f"{MANIFEST} is not what this version writes"),
        (lambda folder: altered(folder, form=2), "form"),
        (lambda folder: altered(folder, pickle="x"), "pickle"),
        (lambda folder: altered(folder, lists=None), "contradicts itself"),
        (lambda folder: (folder / LISTS).unlink(), f"{LISTS} is missing"),
        (lambda folder: cut(folder / LISTS), "bytes, and"),
        (lambda folder: flip(folder / LISTS), "SHA-256 differs"),
    ],
)
def test_a_damaged_folder_is_named(
    built: dict[str, Index], tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    folder = tmp_path / "index"
    built["IVF16,PQ8"].save(folder)
    damage(folder)
    with pytest.raises(SearchError, match="Delete the folder and build it again") as error:
        Index.load(folder)
    assert told in str(error.value)
    assert str(folder) in str(error.value)


def test_what_faiss_cannot_read_or_is_of_another_size_is_told(
    built: dict[str, Index], tmp_path: Path
) -> None:
    """The manifest itself may be of something else."""
    import faiss

    from trisampler.hashing import digest_file

    for content, told in ((b"no index", "cannot read"), (None, "has 3 x 32 vectors")):
        folder = tmp_path / told
        built["SQfp16"].save(folder)
        if content is None:
            other = faiss.IndexFlatIP(DIMENSION)
            other.add(np.ones((3, DIMENSION), dtype=np.float32))
            faiss.write_index(other, str(folder / LISTS))
        else:
            (folder / LISTS).write_bytes(content)
        lists = json.loads((folder / MANIFEST).read_text())["lists"]
        path = folder / LISTS
        altered(folder, lists=lists | {"size": path.stat().st_size, "sha256": digest_file(path)})
        with pytest.raises(SearchError, match=told):
            Index.load(folder)
