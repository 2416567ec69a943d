"""A file of triples beside a BEIR folder: more positives, and the user's own negatives."""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.corpora import blocks, triples
from trisampler.corpora.collection import Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.reading import digest_source, read_collection
from trisampler.corpora.settings import SourceSettings

NAME = "triples.train.tsv"
Triple = tuple[str, str, str]

SOME = [
    ("q1", "d1", "d5"),
    ("q3", "d3", "d2"),
    ("q1", "d1", "d4"),
    ("q2", "d3", "d5"),  # judged 0
    ("q1", "d2", "d5"),  # not judged
    ("q1", "d1", "d2"),  # a positive by the line before
    ("q4", "d4", "d1"),  # of dev
]


def write(folder: Path, rows: Sequence[Triple], name: str = NAME) -> None:
    (folder / name).write_text("".join("\t".join(row) + "\n" for row in rows))


def read(folder: Path) -> Collection:
    return read_collection(SourceSettings(path=str(folder)), seed=0)


def test_negatives_in_the_order_of_the_file_and_positives_added(clean_folder: Path) -> None:
    before = digest_source(SourceSettings(path=str(clean_folder)))
    write(clean_folder, SOME)
    collection = read(clean_folder)
    assert collection.given_negatives.schema == {
        "query_id": pl.String,
        "doc_id": pl.String,
        "rank": pl.Int32,
    }
    assert collection.given_negatives.rows() == [
        ("q1", "d5", 1),
        ("q1", "d4", 2),
        ("q1", "d2", 3),
        ("q2", "d5", 1),
        ("q3", "d2", 1),
    ]
    assert collection.train_judgements.rows() == [
        ("q1", "d1", 1),
        ("q1", "d2", 1),
        ("q2", "d2", 2),
        ("q2", "d3", 0),
        ("q3", "d3", 1),
    ]
    assert collection.dev_judgements.rows() == [("q4", "d4", 1)]
    report = collection.report
    assert report["details"] == {
        "triples": {
            "lines": 7,
            "positive_pairs": 5,
            "negative_pairs": 6,
            "training_judgements": "added",
        }
    }
    assert report["added_positives"] == {
        "pairs": 5,
        "added": 2,
        "judged_not_relevant_dropped": 1,
    }
    assert report["queries_in_several_splits"]["training_queries"] == 1
    assert report["given_negatives"] == {
        "pairs": 6,
        "not_in_training_dropped": 1,
        "blank_documents_dropped": 0,
        "repeated": 0,
        "kept": 5,
        "judged_relevant": 1,
        "queries": 3,
        "training_queries_without": 0,
    }
    assert NAME in report["files"]
    assert report["files_ignored"] == []
    assert report["repairs"] == {}
    assert digest_source(SourceSettings(path=str(clean_folder))) == report["digest"] != before


def test_a_source_without_triples_has_no_given_negatives(clean_folder: Path) -> None:
    collection = read(clean_folder)
    assert collection.given_negatives.is_empty()
    assert collection.given_negatives.columns == ["query_id", "doc_id", "rank"]
    assert collection.report["given_negatives"] == {}
    assert collection.report["added_positives"] == {}


@pytest.mark.parametrize("qrels", ["without train.tsv", "without a folder"])
def test_triples_alone_are_the_training_judgements(clean_folder: Path, qrels: str) -> None:
    write(clean_folder, SOME[:3])
    for path in (clean_folder / "qrels").iterdir():
        if qrels == "without a folder" or path.stem == "train":
            path.unlink()
    if qrels == "without a folder":
        (clean_folder / "qrels").rmdir()
    collection = read(clean_folder)
    trained = pl.concat([collection.train_judgements, collection.dev_judgements])
    expected = {("q1", "d1", 1), ("q3", "d3", 1)}
    assert set(trained.rows()) - {("q4", "d4", 1)} == expected
    assert collection.report["details"]["triples"]["training_judgements"] == "all"


def test_negatives_of_held_out_queries_are_dropped(clean_folder: Path) -> None:
    (clean_folder / "qrels" / "dev.tsv").unlink()
    write(clean_folder, SOME[:4])
    collection = read(clean_folder)
    held = set(collection.dev_judgements["query_id"])
    assert len(held) == 1
    assert set(collection.given_negatives["query_id"]) == {"q1", "q2", "q3"} - held


def test_a_blank_document_is_no_negative(clean_folder: Path) -> None:
    with (clean_folder / "corpus.jsonl").open("a") as file:
        file.write('{"_id": "d7", "title": "", "text": " "}\n')
    write(clean_folder, [("q1", "d1", "d7"), ("q1", "d1", "d6")])
    collection = read(clean_folder)
    assert collection.given_negatives.rows() == [("q1", "d6", 1)]
    assert collection.report["given_negatives"]["blank_documents_dropped"] == 1


@pytest.mark.parametrize(
    "name",
    ["triples.tsv", "qidpidtriples.train.small.tsv", "msmarco-qidpidtriples.rnd-shuf.train.tsv.gz"],
)
def test_names_in_use(clean_folder: Path, name: str) -> None:
    write(clean_folder, SOME, name)
    if name.endswith(".gz"):
        path = clean_folder / name
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert read(clean_folder).report["given_negatives"]["kept"] == 5


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        (rewritten(lambda raw: raw.replace(b"\n", b"\r\n")), {"windows_line_ends": 7}),
        (rewritten(lambda raw: b"\xef\xbb\xbf" + raw), {"byte_order_mark": 1}),
        (rewritten(lambda raw: raw.replace(b"\n", b"\n\n")), {"blank_lines": 7}),
        (rewritten(lambda raw: b"\n" + raw), {"blank_lines": 1}),
        (rewritten(lambda raw: raw.replace(b"\n", b"\tx\n")), {"extra_columns": 7}),
        (rewritten(lambda raw: raw.replace(b"d5\n", b"d5\t0.5 x\n")), {"extra_columns": 3}),
        (rewritten(lambda raw: raw.rstrip(b"\n")), {}),
    ],
)
def test_mended_and_counted(
    clean_folder: Path, change: Callable[[Path], None], counted: dict[str, int]
) -> None:
    write(clean_folder, SOME)
    expected = read(clean_folder).given_negatives
    change(clean_folder / NAME)
    collection = read(clean_folder)
    assert collection.given_negatives.equals(expected)
    assert collection.report["repairs"].get(NAME, {}) == counted


@pytest.mark.parametrize(
    ("content", "place", "found"),
    [
        (b"", "", ("no triple",)),
        (b"\n \n", "", ("no triple",)),
        (b"q1\td1\td5\nq1\td1\n", ":2", ("2 columns", r"q1\td1")),
        (b"q1 d1 d5\n", ":1", ("1 column in",)),
        (b"q1\td1\td5\nq1\t\td5\n", ":2", ("'' is no id",)),
        (b"q1\td1\td5\nwhat is it\tThis it is.\tOr this.\n", ":2", ("'what is it'", "texts")),
        (b"q1\td1\td5\n\nq1\td1\t\xe9\n", ":3", ("\\xe9", "offset 16 ", "UTF-8")),
        (b"q1\td1\td5\nq9\td1\td5\n", ":2", ("'q9'", "queries.jsonl")),
        (b"q1\td1\td5\nq1\td1\td99\nq1\td1\td99\n", ":2", ("'d99'", "corpus.jsonl", "1 of 2")),
        (b"q1\td1\td5\nq1\td98\td5\n", ":2", ("'d98'", "corpus.jsonl")),
        (b"query\tpositive\tnegative\nq1\td1\td5\n", ":1", ("'query'",)),
    ],
)
def test_bad_triples(clean_folder: Path, content: bytes, place: str, found: Sequence[str]) -> None:
    (clean_folder / NAME).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(clean_folder)
    assert str(caught.value).startswith(f"{clean_folder / NAME}{place}: ")
    for each in found:
        assert each in str(caught.value)


def test_a_positive_without_text_is_named(clean_folder: Path) -> None:
    with (clean_folder / "corpus.jsonl").open("a") as file:
        file.write('{"_id": "d7", "title": "", "text": " "}\n')
    write(clean_folder, [("q1", "d1", "d5"), ("q1", "d7", "d5")])
    with pytest.raises(SourceError, match=rf"corpus.jsonl:7.*'d7'.*{NAME}:2"):
        read(clean_folder)


def test_two_files_of_triples(clean_folder: Path) -> None:
    write(clean_folder, SOME)
    write(clean_folder, SOME, "triples.tsv")
    with pytest.raises(SourceError, match=f"several files of triples: {NAME}, triples.tsv"):
        read(clean_folder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda _: b"q1\td1\td5\n",
        lambda raw: raw[:20] + raw[22:],
    ],
    ids=["cut off", "not packed", "damaged"],
)
def test_a_damaged_archive(clean_folder: Path, damage: Callable[[bytes], bytes]) -> None:
    path = clean_folder / f"{NAME}.gz"
    path.write_bytes(damage(gzip.compress(b"".join(b"q1\td1\td%d\n" % n for n in range(3000)))))
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read(clean_folder)


# -- large files: blocks, and pairs forgotten on the way -----------------------------------------

some_ids = st.sampled_from(
    ["a", "b", "c", "longer-than-twelve-bytes-1", "longer-than-twelve-bytes-2"]
)
some_triples = st.lists(st.tuples(some_ids, some_ids, some_ids), min_size=1, max_size=60)


def first_lines(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str, int]]:
    seen: dict[tuple[str, str], int] = {}
    for line, pair in enumerate(pairs, start=1):
        seen.setdefault(pair, line)
    return [(*pair, line) for pair, line in seen.items()]


@pytest.mark.parametrize("at_once", [True, False])
@settings(deadline=None, max_examples=50)
@given(rows=some_triples, block=st.integers(1, 80), few=st.integers(1, 20))
def test_blocks_and_forgetting_change_nothing(
    at_once: bool, rows: list[Triple], block: int, few: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_BLOCK", block)
        patch.setattr(triples, "_FEW", few)
        if not at_once:
            patch.setattr(triples, "_read_at_once", lambda _: None)
        write(Path(folder), rows)
        read = triples.read_triples(NAME, Path(folder) / NAME, Counter())
    assert read.lines == len(rows)
    negatives = read.negatives.table.cast({"query_id": pl.String, "doc_id": pl.String})
    assert negatives.rows() == first_lines([(query, doc) for query, _, doc in rows])
    positives = read.positives.table
    assert positives.drop("relevance").rows() == first_lines([(q, doc) for q, doc, _ in rows])
    assert (positives["relevance"] == 1).all()


def test_a_clean_file_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triples, "_read_by_line", None)
    write(tmp_path, SOME)
    assert triples.read_triples(NAME, tmp_path / NAME, Counter()).lines == 7


# -- against the words of the specification ------------------------------------------------------

TEXTS = {"q0": "Alpha", "q1": "alpha ", "q2": "beta", "q3": "gamma", "q4": "GAMMA", "q5": "δ"}
DOCUMENTS = [f"d{number}" for number in range(5)]
named = st.tuples(st.sampled_from(sorted(TEXTS)), *[st.sampled_from(DOCUMENTS)] * 2)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(named, min_size=1, max_size=25), dev=st.sets(st.sampled_from(sorted(TEXTS))))
def test_negatives_follow_merged_queries_and_stay_in_training(
    rows: list[Triple], dev: set[str], write_folder: Callable[..., Path]
) -> None:
    texts = {query: normalize_query(text) for query, text in TEXTS.items()}
    evaluated = {texts[query] for query in dev} | {"zeta"}
    judged = {texts[query] for query, _, _ in rows} | {texts[query] for query in dev}
    expected: dict[str, list[str]] = {}
    for query, _, negative in rows:
        members = [other for other in TEXTS if texts[other] == texts[query]]
        seen = {query for query, _, _ in rows} | dev
        kept = min(other for other in members if other in seen)
        listed = expected.setdefault(kept, [])
        if texts[query] in judged - evaluated and negative not in listed:
            listed.append(negative)
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_folder(
            Path(temporary) / "set",
            dict.fromkeys(DOCUMENTS, "text"),
            TEXTS | {"q6": "zeta", "q7": "eta"},
            {
                "train": [("q7", "d0", 1)],
                "dev": [("q6", "d0", 1), *((query, "d0", 1) for query in sorted(dev))],
            },
        )
        write(folder, rows)
        collection = read(folder)
    assert collection.given_negatives.rows() == [
        (query, doc, rank)
        for query, listed in sorted(expected.items())
        for rank, doc in enumerate(listed, start=1)
    ]
    report = collection.report["given_negatives"]
    lost = ("not_in_training_dropped", "blank_documents_dropped", "repeated")
    assert report["kept"] + sum(report[name] for name in lost) == report["pairs"]
    positive = set(collection.train_judgements.select("query_id", "doc_id").rows())
    both = positive & set(collection.given_negatives.select("query_id", "doc_id").rows())
    assert report["judged_relevant"] == len(both)
