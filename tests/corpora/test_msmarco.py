"""MS MARCO's files under their own names, and TREC's topics, documents and qrels."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import digest_source, read_collection, read_corpus
from trisampler.corpora.settings import SourceSettings

PASSAGES = "".join(f"{number}\tpassage number {number}, café\n" for number in range(8))
MSMARCO = {
    "collection.tsv": PASSAGES,
    "queries.train.tsv": "101\tfirst query\n102\tsecond query\n103\tthird query\n",
    "queries.dev.tsv": "201\tdev query\n202\tanother dev query\n203\tunjudged\n",
    "queries.dev.small.tsv": "201\tdev query\n",
    "queries.eval.tsv": "301\teval query\n",
    "qrels.train.tsv": "101\t0\t1\t1\n102\t0\t2\t1\n102\t0\t3\t1\n",
    "qrels.dev.tsv": "201\t0\t4\t1\n202\t0\t5\t1\n",
    "qrels.dev.small.tsv": "201\t0\t4\t1\n",
    "2019qrels-pass-test.txt": "901 Q0 6 3\n901 Q0 7 0\n",
    "msmarco-test2019-queries.tsv": "901\ttest query\n",
    "qidpidtriples.train.full.2.tsv": "101\t1\t7\n103\t0\t2\n101\t1\t5\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, **more: object) -> Collection:
    settings = SourceSettings.model_validate({"path": str(folder), **more})
    return read_collection(settings, seed=0)


def judged(collection: Collection) -> dict[str, list[tuple[object, ...]]]:
    return {split: collection.judgements(split).rows() for split in SPLITS}


def test_the_files_as_they_are_published(tmp_path: Path) -> None:
    folder = write(tmp_path / "msmarco", MSMARCO)
    collection = read(folder)
    assert collection.corpus.rows()[3] == ("3", "", "passage number 3, café")
    assert judged(collection) == {
        "train": [("101", "1", 1), ("102", "2", 1), ("102", "3", 1), ("103", "0", 1)],
        "dev": [("201", "4", 1)],  # the small file is the one to measure on
        "test": [("901", "6", 3), ("901", "7", 0)],
    }
    assert collection.given_negatives.rows() == [("101", "7", 1), ("101", "5", 2), ("103", "2", 1)]
    report = collection.report
    assert report["format"] == "msmarco"
    assert report["format_detected"]
    assert report["files_ignored"] == ["qrels.dev.tsv", "queries.eval.tsv"]
    assert report["held_out"] == {}
    assert report["repairs"] == {
        "queries": {"unjudged_queries_dropped": 2},
        "queries.dev.tsv": {"repeated_queries": 1},
    }
    assert report["digest"] == digest_source(SourceSettings(path=str(folder)))


def test_training_alone_packed(tmp_path: Path) -> None:
    folder = write(tmp_path / "msmarco", {})
    for name in ("collection.tsv", "queries.train.tsv", "qrels.train.tsv"):
        (folder / f"{name}.gz").write_bytes(gzip.compress(MSMARCO[name].encode()))
    collection = read(folder, format="msmarco")
    assert collection.test_judgements["query_id"].n_unique() == 1
    assert "evaluation is on dev" not in " ".join(collection.report["notes"])
    assert set(collection.report["held_out"]) == {"test"}  # one query is left to train on


def test_documents_with_address_and_title(tmp_path: Path) -> None:
    documents = "D1\thttps://a.b/c\tA title\tA body\nD2\thttps://a.b/d\t\tno title\n"
    files = {
        "msmarco-docs.tsv": documents,
        "msmarco-doctrain-queries.tsv": "1\ta query\n2\tanother\n",
        "msmarco-doctrain-qrels.tsv": "1 0 D1 1\n2 0 D2 1\n",
    }
    collection = read(write(tmp_path / "docs", files))
    assert collection.corpus.rows() == [("D1", "A title", "A body"), ("D2", "", "no title")]


@pytest.mark.parametrize(
    "qrels",
    ["101\t1\t1\n102\t2\t2\n", "101\t1\n102\t2\n", "query-id\tcorpus-id\tscore\n101\t1\t1\n"],
)
def test_forms_of_judgements(tmp_path: Path, qrels: str) -> None:
    folder = write(tmp_path / "m", MSMARCO | {"qrels.train.tsv": qrels})
    (folder / "qidpidtriples.train.full.2.tsv").unlink()
    assert read(folder).train_judgements.rows()[0] == ("101", "1", 1)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"collection.tsv": "1 no tab\n"}, r"collection.tsv:1: 1 column in '1 no tab'"),
        ({"collection.tsv": "1\ta\n2\tb\tc\n"}, r"collection.tsv:2: 3 columns .* and 2 on the"),
        ({"collection.tsv": PASSAGES + "1\tx\n"}, r"collection.tsv:9: .* '1' stands a second"),
        ({"collection.tsv": "a b\tx\n"}, r"collection.tsv:1: 'a b' is no id"),
        ({"queries.train.tsv": "101\t \n"}, r"queries.train.tsv:1: query '101' has no text"),
        ({"queries.train.tsv": "101\n"}, r"queries.train.tsv:1: 1 column"),
        ({"queries.dev.small.tsv": "201\tanother\n"}, r"dev.tsv:1: .*'201'.*with another text"),
        ({"qrels.train.tsv": "101 0 1 1\n102 0 2\n"}, r"qrels.train.tsv:2: 3 columns .* 4 on"),
        ({"qrels.train.tsv": "101\n"}, r"qrels.train.tsv:1: 1 column in"),
        ({"qrels.train.tsv": "101 0 1 yes\n"}, r"qrels.train.tsv:1: the relevance is 'yes'"),
        ({"qrels.train.tsv": "101 0 99 1\n"}, r"qrels.train.tsv:1: .*'99' is not in collection"),
        ({"qrels.train.b.tsv": "101 0 1 1\n"}, r"several files of the judgements of the train"),
        ({"collection.tsv.gz": ""}, r"several files of documents: collection.tsv, collection"),
    ],
)
def test_wrong(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read(write(tmp_path / "m", MSMARCO | files))


@pytest.mark.parametrize(
    ("missing", "words"),
    [("queries", "no file of queries"), ("qrels", "no judgements to train on")],
)
def test_documents_alone_are_read_and_training_says_what_it_needs(
    tmp_path: Path, missing: str, words: str
) -> None:
    files = {
        name: text
        for name, text in MSMARCO.items()
        if missing not in name and "triples" not in name
    }
    folder = write(tmp_path / "m", files)
    with pytest.raises(SourceError, match=rf"{words}.*Training needs queries.*refresh"):
        read(folder)
    settings = SourceSettings(path=str(folder))
    assert read_corpus(settings).height == 8
    assert digest_source(settings)


def test_a_beir_folder_of_documents_alone(clean_folder: Path) -> None:
    (clean_folder / "queries.jsonl").unlink()
    with pytest.raises(SourceError, match=r"queries.jsonl is missing.*Training needs queries"):
        read(clean_folder)
    assert read_corpus(SourceSettings(path=str(clean_folder))).height == 6


TOPICS = """<top>
<num> Number: 301
<title> International Organized &amp; Crime

<desc> Description:
Identify organizations.

<narr> Narrative:
A relevant document.
</top>

<top>
<num> Number: 302 <dom> Domain: Medical
<title> Topic: Poliomyelitis
and Post-Polio
<desc> Description: x
</top>
<top><num>303</num><desc>Description:
only described</desc></top>
"""
XML_TOPICS = """<?xml version="1.0"?>
<topics task="COVIDSearch">
  <topic number="301"><query>International Organized &amp; Crime</query>
    <question>what?</question></topic>
  <topic number="302">
    <title>Poliomyelitis and
      Post-Polio</title></topic>
  <topic number="303"><description>x</description><query>only described</query></topic>
</topics>
"""
DOCUMENTS = """<DOC>
<DOCNO> FT911-1 </DOCNO>
<PROFILE>_AN-BEOA7AAIFT</PROFILE>
<DATE>910514 </DATE>
<HEADLINE> FT  14 MAY 91 / Polio </HEADLINE>
<TEXT>
<P>First   line &lt;b&gt;.</P>

Second line.
</TEXT>
<TEXT>More.</TEXT>
</DOC>
<DOC><DOCNO>FT911-2</DOCNO><DATE>1</DATE><TITLE>Bare</TITLE>no text element</DOC><doc>
<docno>FT911-3</docno><text>small letters</text></doc>
"""
QRELS = "301 0 FT911-2 1\n302 0 FT911-1 2\n302 0 FT911-3 -1\n303 0 FT911-3 1\n"
TEXTS = [
    ("FT911-1", "FT 14 MAY 91 / Polio", "First line <b>.\nSecond line.\nMore."),
    ("FT911-2", "Bare", "no text element"),
    ("FT911-3", "", "small letters"),
]
JSON_DOCUMENTS = (
    '{"id": "FT911-1", "contents": "one"}\n{"id": "FT911-2", "contents": "two"}\n'
    '{"id": "FT911-3", "contents": "three"}\n'
)


@pytest.mark.parametrize(
    "topics", [TOPICS, XML_TOPICS, "301\tInternational Organized & Crime\n302\tx\n303\ty\n"]
)
def test_trec(tmp_path: Path, topics: str) -> None:
    files = {"robust.trec": DOCUMENTS, "topics.301-450.txt": topics, "qrels.robust.txt": QRELS}
    collection = read(write(tmp_path / "trec", files))
    assert collection.corpus.rows() == TEXTS
    texts = dict(collection.queries.rows())
    assert texts["301"] == "International Organized & Crime"
    if topics != "301\tInternational Organized & Crime\n302\tx\n303\ty\n":
        assert texts["302"].split() == ["Poliomyelitis", "and", "Post-Polio"]
        assert texts["303"] == "only described"
    report = collection.report
    assert report["format"] == "trec"
    assert report["repairs"] == {"qrels.robust.txt": {"negative_relevance_as_0": 1}}
    assert set(report["held_out"]) == {"test", "dev"}  # no file says for which split it is
    assert sum(collection.judgements(split)["query_id"].n_unique() for split in SPLITS) == 3


def test_a_query_of_one_character_in_two_files(tmp_path: Path) -> None:
    files = {
        "collection.tsv": "d\ttext\n",
        "queries.train.tsv": "q1\tC\nq2\tother\n",
        "queries.dev.tsv": "q1\tC\n",
        "qrels.train.tsv": "q2\t0\td\t1\n",
        "qrels.dev.tsv": "q1\t0\td\t1\n",
    }
    collection = read(write(tmp_path / "small", files))
    assert collection.queries.rows() == [("q1", "C"), ("q2", "other")]
    assert collection.report["repairs"] == {"queries.train.tsv": {"repeated_queries": 1}}


def test_signs_of_order_are_no_tags(tmp_path: Path) -> None:
    text = "if a < b then swap them, unless c > d holds"
    document = f"<DOC><DOCNO>d</DOCNO><TEXT>{text}<br/><F P=105>end</F><!-- no --></TEXT></DOC>"
    topics = f"<top><num>1<title>{text}</top><top><num>2<title>other</top>"
    files = {"a.trec": document, "topics.txt": topics, "qrels_latest.txt": "1 0 d 1\n2 0 d 1\n"}
    collection = read(write(tmp_path / "trec", files))
    assert collection.corpus["text"].to_list() == [f"{text} end"]
    assert collection.queries["text"].to_list() == [text, "other"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("collection.tsv", "FT911-1\tone\nFT911-2\ttwo\nFT911-3\tthree\n"),
        ("docs.jsonl", JSON_DOCUMENTS),
    ],
)
def test_trec_with_other_documents_and_splits(tmp_path: Path, name: str, text: str) -> None:
    files = {
        name: text,
        "topics.txt": TOPICS,
        "qrels.train.txt": QRELS[:16],
        "qrels.test.txt": QRELS[16:],
    }
    collection = read(write(tmp_path / "trec", files))
    assert collection.report["format"] == "trec"
    assert collection.corpus["text"].to_list() == ["one", "two", "three"]
    assert judged(collection) == {
        "train": [("301", "FT911-2", 1)],
        "dev": [],
        "test": [("302", "FT911-1", 2), ("302", "FT911-3", 0), ("303", "FT911-3", 1)],
    }
    folder = tmp_path / "trec"
    assert read_corpus(SourceSettings(path=str(folder))).table().equals(collection.corpus)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("topics.txt", TOPICS[:30], "topics.txt:1: an element that begins here is not closed"),
        ("topics.txt", TOPICS[:85] + TOPICS, "topics.txt:1: .* is not closed"),
        ("topics.txt", "<top>\n<title> x\n</top>\n", "topics.txt:1: a topic without a number"),
        (
            "topics.txt",
            "\n<top>\n<num> 1\n<narr> x\n</top>\n",
            "topics.txt:2: topic '1' has neither",
        ),
        ("docs.trec", DOCUMENTS[:-8], "docs.trec:13: an element that begins here is not closed"),
        ("docs.trec", "<DOC>\n<TEXT>x</TEXT></DOC>", "docs.trec:1: a document without an id"),
        ("docs.trec", DOCUMENTS * 2, "docs.trec:15: .*'FT911-1' stands a second time"),
        ("docs.trec", "", "the corpus is empty"),
    ],
)
def test_wrong_trec(tmp_path: Path, name: str, text: str, words: str) -> None:
    files = {"docs.trec": DOCUMENTS, "topics.txt": TOPICS, "qrels.txt": QRELS} | {name: text}
    with pytest.raises(SourceError, match=words):
        read(write(tmp_path / "trec", files))
