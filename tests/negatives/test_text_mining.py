"""Texts in, table out: the same negatives as from tables, whatever form the texts come in."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import polars as pl
import pytest

from negatives.world import unit
from trisampler.encoders.embeddings import Embeddings
from trisampler.negatives import (
    NegativesError,
    SamplingSettings,
    draw_negatives,
    mine_negatives,
    searching,
)
from trisampler.search.candidates import candidates_table
from trisampler.search.flat import search_flat
from trisampler.search.lexical import LexicalIndex
from trisampler.search.settings import LexicalSettings

N, Q, D = 120, 30, 16
WORDS = ("river", "stone", "cloud", "amber", "falcon", "lantern", "meadow", "copper")


class Reader:
    """An encoder whose vectors follow the words of a text: a look-alike of the real ones."""

    def __init__(self):
        self.calls = []
        self.word_vectors = np.random.default_rng(7).standard_normal((len(WORDS), D))

    def encode(self, texts):
        self.calls.append(len(texts))
        return unit(np.array([self._vector(text) for text in texts])).astype(np.float32)

    def _vector(self, text):
        counts = np.array([text.split().count(word) for word in WORDS], dtype=float)
        return counts @ self.word_vectors + 0.01


class TwoSided(Reader):
    def encode_query(self, texts):
        return self.encode([f"river {text}" for text in texts])

    def encode_document(self, texts):
        return self.encode([f"stone {text}" for text in texts])


@pytest.fixture(scope="module")
def texts():
    generator = np.random.default_rng(3)
    documents = [" ".join(generator.choice(WORDS, 12)) + f" d{row}" for row in range(N)]
    positives = generator.choice(N, (Q, 2), replace=False)
    queries = [
        " ".join(documents[row].split()[:5]) + f" q{number}"
        for number, row in enumerate(positives[:, 0])
    ]
    pairs = [(number, int(row)) for number in range(Q) for row in positives[number]]
    return queries, documents, pairs


def serialised(frame):
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="uncompressed")
    return buffer.getvalue()


def from_tables(texts, pool, encoder, sampler, depth=40, **settings):
    """The same draw by way of tables and stored candidates."""
    queries, documents, pairs = texts
    query_ids = [f"{row:09d}" for row in range(Q)]
    doc_ids = [f"{row:09d}" for row in range(N)]
    asked = Embeddings.from_array(query_ids, encoder.encode(queries))
    corpus = Embeddings.from_array(doc_ids, encoder.encode(documents))
    index = LexicalIndex.build(documents, doc_ids, LexicalSettings())
    tables = {
        "encoder": candidates_table(query_ids, doc_ids, search_flat(asked, corpus, depth)),
        "lexical": index.search(pl.DataFrame({"query_id": query_ids, "text": queries}), depth),
        "neighbours": candidates_table(doc_ids, doc_ids, search_flat(corpus, corpus, depth)),
    }
    judged = [(query_ids[query], doc_ids[document], 1) for query, document in pairs]
    return draw_negatives(
        tables["encoder"],
        asked,
        corpus,
        pl.DataFrame({"doc_id": doc_ids, "title": "", "text": documents}),
        pl.DataFrame(judged, ["query_id", "doc_id", "relevance"], orient="row"),
        SamplingSettings(sampler=sampler, **settings),
        seed=5,
        round_number=1,
        lexical=tables["lexical"],
        neighbours=tables["neighbours"],
    )


@pytest.mark.parametrize(
    ("sampler", "pools"),
    [
        ("tri", ()),
        ("bm25", ()),
        ("random", ()),
        ("simans", ("encoder", "lexical", "corpus")),
        ("top-k", ("neighbours",)),
    ],
)
def test_the_same_as_from_tables_whatever_the_runs(texts, sampler, pools, monkeypatch):
    expected = from_tables(texts, pools, Reader(), sampler, pools=pools)
    for at_once in (4096, 7):
        monkeypatch.setattr(searching, "QUERIES_AT_ONCE", at_once)
        mined = mine_negatives(*texts, Reader(), sampler=sampler, pools=pools, depth=40, seed=5)
        assert mined.table.height
        assert serialised(mined.table) == serialised(expected.table)
        assert serialised(mined.plane) == serialised(expected.plane)
        assert mined.near_duplicates.height
        assert mined.near_duplicates.equals(expected.near_duplicates)
        assert mined.diagnostics == {**expected.diagnostics, "queries_merged": 0}


def test_every_form_of_the_same_texts_gives_the_same_negatives(texts):
    queries, documents, pairs = texts
    base = mine_negatives(queries, documents, pairs, Reader()).table
    qid, did = "{:09d}".format, "{:09d}".format
    order = np.random.default_rng(0).permutation(N)
    by_id = {did(row): documents[row] for row in order}
    asked = {qid(row): text for row, text in reversed(list(enumerate(queries)))}
    relevant = {}
    for query, document in pairs:
        relevant.setdefault(qid(query), {})[did(document)] = 1
    tables = (
        pl.DataFrame({"query_id": list(asked), "text": list(asked.values())}),
        pl.DataFrame({"doc_id": list(by_id), "text": list(by_id.values())}),
        pl.DataFrame([(qid(q), did(d)) for q, d in pairs], ["query_id", "doc_id"], orient="row"),
    )
    beir = {key: {"title": "", "text": text} for key, text in by_id.items()}
    lists = {query: list(found) for query, found in relevant.items()}
    for form in ((asked, by_id, relevant), (asked, beir, lists), tables):
        assert serialised(mine_negatives(*form, Reader()).table) == serialised(base)
    vectors = mine_negatives(
        asked,
        by_id,
        relevant,
        query_vectors=Reader().encode(list(asked.values())),
        document_vectors=Reader().encode(list(by_id.values())).astype(np.float64),
    )
    assert serialised(vectors.table) == serialised(base)


def test_titles_are_part_of_what_is_embedded_and_compared():
    documents = {
        "a": {"title": "river", "text": "stone"},
        "b": {"title": "", "text": "river stone"},
        "c": {"title": "river", "text": "cloud"},
    }
    mined = mine_negatives({"q": "river"}, documents, [("q", "a")], Reader(), guard=0.0)
    assert mined.table["negative_id"].to_list() == ["c"]  # b has a's text
    assert mined.corpus["title"].to_list() == ["river", "", "river"]


def test_equal_queries_are_one_with_all_their_positives():
    queries = ["river stone", "cloud", "River  stone"]
    documents = ["river stone a", "river stone b", "cloud amber", "falcon"]
    pairs = [(0, 0), (1, 2), (2, 1)]
    mined = mine_negatives(queries, documents, pairs, Reader(), sampler="top-k", guard=0.0)
    assert mined.diagnostics["queries_merged"] == 1
    assert mined.queries["text"].to_list() == ["river stone", "cloud"]
    drawn = mined.table.filter(pl.col("query_id") == "000000000")
    assert set(drawn["positive_id"].cast(pl.Int64)) == {0, 1}
    assert set(drawn["negative_id"].cast(pl.Int64)) == {2, 3}


def test_a_teachers_scores_of_all_queries_given_are_taken():
    queries = ["river stone", "cloud", "River  stone", "amber"]
    documents = ["river stone a", "river stone b", "cloud amber", "falcon"]
    pairs = [(0, 0), (1, 2), (2, 1)]
    complete = [
        (f"{query:09d}", f"{document:09d}", float(10 * query + document))
        for query in (2, 0, 1, 3)
        for document in range(4)
    ]
    teacher = pl.DataFrame(complete, ["query_id", "doc_id", "score"], orient="row")

    def mined(teacher):
        return mine_negatives(queries, documents, pairs, Reader(), sampler="top-k", teacher=teacher)

    scores = mined(teacher).table.select("query_id", "negative_id", "teacher_q_neg").unique()
    assert scores.height
    for query_id, negative_id, score in scores.iter_rows():
        # Queries 0 and 2 are one, and the scores of 2 come first.
        assert score == {0: 20, 1: 10}[int(query_id)] + int(negative_id)
    for wrong, message in [
        (teacher.with_columns(query_id=pl.lit("x")), "query 'x'.* is unknown"),
        (pl.concat([teacher, teacher]), "twice"),
        (teacher.drop("doc_id"), "no column 'doc_id'"),
    ]:
        with pytest.raises(NegativesError, match=message):
            mined(wrong)


def test_queries_without_a_positive_are_not_embedded(texts):
    queries, documents, _ = texts
    reader = Reader()
    mined = mine_negatives(queries, documents, [(4, 0), (9, 3)], reader)
    assert mined.queries["query_id"].to_list() == ["000000004", "000000009"]
    assert sorted(reader.calls) == [2, N]


def test_queries_and_documents_are_encoded_each_their_way(texts):
    queries, documents, pairs = texts
    mined = mine_negatives(queries, documents, pairs, TwoSided())
    two = TwoSided()
    given = mine_negatives(
        queries,
        documents,
        pairs,
        query_vectors=two.encode_query(queries),
        document_vectors=two.encode_document(documents),
    )
    assert serialised(mined.table) == serialised(given.table)
    assert not mined.table.equals(mine_negatives(*texts, Reader()).table)


def test_an_encoder_of_cosines_has_its_vectors_scaled(texts):
    class Long(Reader):
        similarity_fn_name = "cosine"

        def encode(self, texts):
            return 30 * super().encode(texts)

    long, short = (mine_negatives(*texts, encoder).table for encoder in (Long(), Reader()))
    assert long["s_q_pos"].to_numpy() == pytest.approx(short["s_q_pos"].to_numpy(), abs=1e-6)


def test_no_positives_and_no_negatives(texts):
    queries, documents, pairs = texts
    assert mine_negatives(queries, documents, [], Reader()).table.is_empty()
    reader = Reader()
    mined = mine_negatives(queries, documents, pairs, reader, sampler="in-batch")
    assert mined.table.is_empty()
    assert not reader.calls
    assert mined.judgements.height == len(pairs)


def test_judged_0_may_be_drawn_and_is_no_positive():
    documents = ["river stone", "river cloud", "amber"]
    judged = pl.DataFrame(
        {"query_id": ["q", "q"], "doc_id": ["000000000", "000000001"], "relevance": [1, 0]}
    )
    mined = mine_negatives({"q": "river"}, documents, judged, Reader(), negatives=2)
    assert set(mined.table["negative_id"].cast(pl.Int64)) == {1, 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], ["b"], [(0, 1)]), "names a document that is not among the 1 given"),
        ((["a"], ["b"], [(-1, 0)]), "names a query that is not among"),
        (({"q": "a"}, {"d": "b"}, [("q", "e")]), "query 'q' and document 'e'"),
        (({1: "a"}, {"d": "b"}, []), "query id 1 is no string"),
        ((["a"], ["b", None], []), "document '000000001' has no text; found None"),
        (("a", ["b"], []), "one text in place of several"),
        ((["a"], ["b"], {"000000000": "000000000"}), "in place of its documents"),
        ((["a"], pl.DataFrame({"doc_id": ["x"]}), []), "has no column 'text'; found 'doc_id'"),
        ((["a"], pl.DataFrame({"doc_id": [1], "text": ["x"]}), []), "has type Int64"),
        (
            (["a"], pl.DataFrame({"doc_id": ["x", "x"], "text": ["x", "y"]}), []),
            "document id 'x' stands 2 times",
        ),
        ((["a"], ["b"], {"0" * 9: {"0" * 9: 0.9}}), "has the relevance 0.9, not a whole number"),
        ((["a"], ["b"], {"0" * 9: {"0" * 9: None}}), "has the relevance None"),
        ((["a"], ["b"], {"0" * 9: {"0" * 9: "1"}}), "has the relevance '1'"),
        (
            (
                ["a"],
                ["b"],
                pl.DataFrame({"query_id": ["0" * 9], "doc_id": "0" * 9, "relevance": [2.0**31]}),
            ),
            "has the relevance 2147483648.0",
        ),
    ],
)
def test_unusable_texts_and_pairs_are_named(arguments, message):
    with pytest.raises(NegativesError, match=message):
        mine_negatives(*arguments, Reader())


def test_vectors_may_be_lists(texts):
    queries, documents, pairs = texts
    arrays = (Reader().encode(queries), Reader().encode(documents))
    as_lists, as_arrays = (
        mine_negatives(queries, documents, pairs, query_vectors=asked, document_vectors=corpus)
        for asked, corpus in (tuple(each.tolist() for each in arrays), arrays)
    )
    assert as_lists.table.equals(as_arrays.table)


def test_what_does_not_fit_is_refused_before_anything_is_encoded(texts):
    queries, documents, pairs = texts
    reader = Reader()
    for message, keywords in [
        ("negativs: Extra inputs.*Known are sampler, parameters", {"negativs": 3}),
        ("no sampler is called 'trio'", {"sampler": "trio"}),
        ("needs teacher scores", {"sampler": "margin-bins"}),
        ("`draw_negatives` takes one", {"pools": ("given",)}),
        (
            r"query_vectors have shape \(3, 16\) and there are 30",
            {"query_vectors": np.ones((3, D))},
        ),
        (r"document_vectors have shape \(120,\)", {"document_vectors": np.ones(N)}),
    ]:
        with pytest.raises(NegativesError, match=message):
            mine_negatives(queries, documents, pairs, reader, **keywords)
    assert not reader.calls
    with pytest.raises(NegativesError, match="neither an encoder nor document_vectors"):
        mine_negatives(queries, documents, pairs, query_vectors=np.ones((Q, D)))


def test_an_encoder_that_makes_something_else_is_named(texts):
    class Wrong:
        def encode(self, texts):
            return np.ones(len(texts))

    with pytest.raises(NegativesError, match=r"shape \(30,\) of 30 query texts"):
        mine_negatives(*texts, Wrong())


def test_an_encoder_of_ours_by_name_and_by_itself(texts):
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.encoding import encode_texts
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings

    queries, documents, pairs = texts
    named = mine_negatives(queries, documents, pairs, "untrained:0").table
    encoder = Encoder.load(EncoderSettings(name="untrained:0"))
    assert serialised(mine_negatives(queries, documents, pairs, encoder).table) == serialised(named)
    made = [
        encode_texts(encoder, each, "query", EncodingSettings()) for each in (queries, documents)
    ]
    first = named.row(0, named=True)
    score = made[0][int(first["query_id"])] @ made[1][int(first["negative_id"])]
    assert first["s_q_neg"] == pytest.approx(float(score), abs=1e-2)


def test_what_is_held_does_not_grow_with_the_queries(monkeypatch):
    monkeypatch.setattr(searching, "QUERIES_AT_ONCE", 500)
    generator = np.random.default_rng(0)
    documents = [f"document {row}" for row in range(2000)]
    document_vectors = unit(generator.standard_normal((2000, 8))).astype(np.float32)

    def peak(count):
        rows = generator.integers(0, 2000, count)
        queries = [f"query {row}" for row in range(count)]
        vectors = document_vectors[rows]
        tracemalloc.start()
        mined = mine_negatives(
            queries,
            documents,
            list(enumerate(rows)),
            query_vectors=vectors,
            document_vectors=document_vectors,
            negatives=1,
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert mined.table.height == count
        return most

    peak(500)  # what is imported and cached on first use
    grown = peak(12_000) - peak(6_000)
    # Rows, ranks and scores of 200 candidates of 6,000 more queries are 19 MB.
    assert grown < 6e6, grown
