"""What an opened bundle finds, and what it withstands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Semaphore, Thread

import numpy as np
import pytest

from release.conftest import EXACT, Workshop, corpus_of
from trisampler.corpora.documents import document_texts
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.release import Bundle, BundleError, BundleParts, write_bundle
from trisampler.search.index_building import build_index
from trisampler.search.settings import IndexSettings

QUERIES = ["sort a list", "open the file and read a line", "copy the tree 17", "edited"]

WITHOUT_KEDRO = """
import json, sys
for name in ("kedro", "kedro_datasets", "mlflow", "sentence_transformers"):
    sys.modules[name] = None
from trisampler.release import Bundle
found = Bundle.load(sys.argv[1]).search(json.loads(sys.argv[2]), 3)
print(json.dumps(found.ids))
"""


def test_it_finds_what_plain_sentence_transformers_and_float64_products_find(
    pristine: Path,
) -> None:
    from sentence_transformers import SentenceTransformer

    corpus = corpus_of(range(60))
    model = SentenceTransformer(str(pristine / "encoder"), device="cpu")
    documents_ND = model.encode(document_texts(corpus)).astype(np.float64)
    scores_QN = model.encode(QUERIES).astype(np.float64) @ documents_ND.T
    found = Bundle.load(pristine, EXACT).search(QUERIES, 7)
    for query, ids in enumerate(found.ids):
        rows = [corpus["doc_id"].to_list().index(doc_id) for doc_id in ids]
        np.testing.assert_allclose(found.scores_QK[query], scores_QN[query, rows], atol=1e-5)
        np.testing.assert_allclose(
            found.scores_QK[query], np.sort(scores_QN[query])[::-1][:7], atol=1e-5
        )
        assert found.titles[query] == corpus["title"][rows].to_list()
        assert found.texts[query] == corpus["text"][rows].to_list()


def test_the_encoder_is_a_plain_transformers_model_too(pristine: Path) -> None:
    from transformers import AutoModel

    model = AutoModel.from_pretrained(pristine / "encoder")
    assert model.config.hidden_size == Bundle.load(pristine).manifest.dimension


def test_a_search_does_not_depend_on_the_other_queries(pristine: Path) -> None:
    bundle = Bundle.load(pristine, EXACT)
    many = [f"{QUERIES[number % 4]} {number}" for number in range(300)]
    together = bundle.search(many, 4)
    assert len(together.ids) == len(together.texts) == len(together.titles) == 300
    for query in (0, 255, 256, 299):
        alone = bundle.search([many[query]], 4)
        np.testing.assert_allclose(together.scores_QK[query], alone.scores_QK[0], atol=1e-6)
        assert together.ids[query] == alone.ids[0]


def test_fewer_documents_than_asked_for_are_all_of_them(pristine: Path) -> None:
    found = Bundle.load(pristine).search(["sort"], 1000)
    assert sorted(found.ids[0]) == corpus_of(range(60))["doc_id"].to_list()
    assert found.scores_QK.shape == (1, 60)


def test_no_query_finds_nothing(pristine: Path) -> None:
    found = Bundle.load(pristine).search([], 5)
    assert (found.ids, found.texts, found.scores_QK.shape) == ([], [], (0, 5))


def test_one_text_in_place_of_a_list_is_refused(pristine: Path) -> None:
    with pytest.raises(BundleError, match=r"write \[text\]"):
        Bundle.load(pristine).search("sort a list")
    with pytest.raises(BundleError, match="k is 0"):
        Bundle.load(pristine).search(["sort a list"], 0)


def test_it_works_anywhere_without_the_vector_cache(workshop: Workshop, tmp_path: Path) -> None:
    lonely = Workshop(tmp_path)
    made = lonely.make(tmp_path / "made", corpus_of(range(30)))
    expected = Bundle.load(made).search(QUERIES, 5)
    moved = Path(shutil.move(made, tmp_path / "elsewhere"))
    shutil.rmtree(lonely.cache.folder)
    bundle = Bundle.load(moved)
    bundle.verify()
    assert bundle.search(QUERIES, 5).ids == expected.ids


def test_it_needs_neither_kedro_nor_mlflow(pristine: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_KEDRO, str(pristine), json.dumps(QUERIES)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == Bundle.load(pristine).search(QUERIES, 3).ids


def test_threads_find_the_same(pristine: Path) -> None:
    bundle = Bundle.load(pristine, EXACT)
    expected = bundle.search(QUERIES, 5).ids
    found: list[list[list[str]]] = []
    threads = [Thread(target=lambda: found.append(bundle.search(QUERIES, 5).ids)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_written_twice_it_is_the_same_bytes(workshop: Workshop, tmp_path: Path) -> None:
    parts = workshop.parts(corpus_of(range(20)))
    for name in ("one", "other"):
        write_bundle(parts, tmp_path / name)
    files = [
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "other")
    ]
    assert files[0] == files[1]


def test_whoever_may_read_the_documents_may_read_the_rest(pristine: Path) -> None:
    usual = (pristine / "documents.parquet").stat().st_mode
    files = [path for path in pristine.rglob("*") if path.is_file()]
    assert {path.stat().st_mode for path in files} == {usual}


def test_an_index_of_faiss_finds_what_exact_search_finds(
    workshop: Workshop, tmp_path: Path
) -> None:
    corpus = corpus_of(range(200))
    settings = IndexSettings(factory="HNSW16", ef_search=200)
    write_bundle(workshop.parts(corpus, index=settings), tmp_path / "listed")
    write_bundle(workshop.parts(corpus), tmp_path / "exact")
    found, expected = (
        Bundle.load(tmp_path / name, EXACT).search(QUERIES, 10) for name in ("listed", "exact")
    )
    assert found.ids == expected.ids
    np.testing.assert_array_equal(found.scores_QK, expected.scores_QK)
    told = Bundle.load(tmp_path / "listed").manifest.index
    assert told["factory"] == "HNSW16"
    assert told["recall"] >= 0.95
    Bundle.load(tmp_path / "listed").verify()


def test_vectors_keep_the_number_format_they_are_stored_in(tmp_path: Path) -> None:
    corpus = corpus_of(range(20))
    encoder = Encoder.load(EncoderSettings(name="untrained:0"))
    rng = np.random.default_rng(0)
    half_ND = rng.normal(size=(20, encoder.dimension)).astype(np.float16)
    embeddings = Embeddings.from_array(corpus["doc_id"].to_list(), half_ND)
    index = build_index(embeddings, IndexSettings(), seed=0)
    write_bundle(BundleParts.of(encoder, corpus, embeddings, index), tmp_path / "bundle")
    stored_ND = np.load(tmp_path / "bundle" / "vectors" / "vectors.npy", mmap_mode="r")
    assert stored_ND.dtype == np.float16
    np.testing.assert_array_equal(stored_ND, half_ND)
    assert Bundle.load(tmp_path / "bundle").search(["sort"], 3).scores_QK.dtype == np.float32


def test_an_open_bundle_goes_on_when_another_takes_its_place(
    workshop: Workshop, tmp_path: Path
) -> None:
    folder = workshop.make(tmp_path / "bundle", corpus_of(range(30)))
    opened = Bundle.load(folder)
    expected = opened.search(QUERIES, 5)
    workshop.make(folder, corpus_of(range(100, 120)), "untrained:1")
    after = opened.search(QUERIES, 5)
    assert after.ids == expected.ids
    assert after.texts == expected.texts
    newer = Bundle.load(folder).search(QUERIES, 5)
    assert all(doc_id >= "d100" for ids in newer.ids for doc_id in ids)


def test_a_bundle_opened_while_it_is_replaced_is_one_or_the_other(
    workshop: Workshop, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    kinds = [
        workshop.parts(corpus_of(range(30)), "untrained:0"),
        workshop.parts(corpus_of(range(100, 130)), "untrained:1"),
    ]
    write_bundle(kinds[0], folder)
    expected = {
        kind.corpus_embeddings.fingerprint: (
            kind.corpus["doc_id"].to_list(),
            kind.encoder.fingerprint("query", "float32"),
        )
        for kind in kinds
    }
    # Two replacements to an opening: with no end of them a slow one would give up, and rightly.
    wanted, made = Semaphore(0), Semaphore(0)
    openings, replacements = 25, 2

    def replace() -> None:
        for turn in range(1, openings * replacements + 1):
            wanted.acquire()
            write_bundle(kinds[turn % 2], folder)
            made.release()

    replacing = Thread(target=replace, daemon=True)
    replacing.start()
    seen = set()
    for _ in range(openings):
        wanted.release(replacements)
        bundle = Bundle.load(folder, EXACT)
        ids, encoder = expected[bundle.manifest.fingerprint]
        seen.add(bundle.manifest.fingerprint)
        assert sorted(bundle.search(["sort"], 30).ids[0]) == ids
        assert bundle.encoder.fingerprint("query", "float32") == encoder
        for _ in range(replacements):
            made.acquire()
    replacing.join()
    assert seen
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_bundle_that_is_back_again_was_still_replaced(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bundle"
    own = workshop.parts(corpus_of(range(30)), "untrained:0")
    other = workshop.parts(corpus_of(range(100, 130)), "untrained:0")
    write_bundle(own, folder)
    load, times = Embeddings.load, iter(range(9))

    def load_while_it_is_another(vectors: Path) -> Embeddings:
        if next(times):
            return load(vectors)
        write_bundle(other, folder)
        loaded = load(vectors)
        write_bundle(own, folder)
        return loaded

    monkeypatch.setattr(Embeddings, "load", load_while_it_is_another)
    found = Bundle.load(folder, EXACT).search(["sort"], 30)
    assert sorted(found.ids[0]) == own.corpus["doc_id"].to_list()
