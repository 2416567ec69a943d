"""Long documents cut into passages, and measured as the documents they are parts of."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.passage_cutting import passages_of
from trisampler.corpora.reading import read_collection, read_corpus
from trisampler.corpora.settings import AuditSettings, PreparationSettings, SourceSettings
from trisampler.evaluation.folding import fold_judgements, fold_run
from trisampler.evaluation.measures import measure_run
from trisampler.pipelines.ingestion.nodes import hide_judgements

WriteFolder = Callable[..., Path]
LONG = " ".join(f"word{number}" for number in range(12))  # 85 characters


def read(folder: Path, **options: object) -> Collection:
    preparation = PreparationSettings.model_validate(options)
    return read_collection(SourceSettings(path=str(folder)), 0, preparation)


@settings(deadline=None, max_examples=300)
@given(
    pattern=st.text("xxxxx \n", max_size=200), size=st.integers(4, 60), overlap=st.integers(0, 29)
)
def test_passages_hold_the_whole_text(pattern: str, size: int, overlap: int) -> None:
    overlap = min(overlap, (size - 1) // 2)
    # No letter stands twice, so that it says where it stood.
    text = "".join(
        chr(0x4E00 + place) if each == "x" else each for place, each in enumerate(pattern)
    )
    parts = list(passages_of(text, size, overlap))
    assert all(len(part) <= size for part in parts)
    assert all(part in text for part in parts)
    held = [{letter for letter in part if letter.strip()} for part in parts]
    assert set().union(*held) == set("".join(text.split()))
    assert all(parts) or not text.strip()
    for before, after in pairwise(parts):
        assert text.index(before) <= text.index(after)
        assert len(set(before) & set(after) - set(" \n")) <= overlap


def test_ends_at_white_space() -> None:
    assert list(passages_of("aaaa bbbb cccc dddd eeee", 15, 0)) == [
        "aaaa bbbb cccc",
        "dddd eeee",
    ]
    assert list(passages_of("aaaa bbbb cccc dddd eeee", 15, 6)) == [
        "aaaa bbbb cccc",
        "cccc dddd eeee",
    ]
    assert list(passages_of("x" * 25, 10, 2)) == ["x" * 10, "x" * 10, "x" * 9]
    assert list(passages_of("short", 20, 5)) == ["short"]


@pytest.fixture
def folder(write_folder: WriteFolder, tmp_path: Path) -> Path:
    written = write_folder(
        tmp_path / "beir",
        {"d1": LONG, "d2": "short", "d3": LONG[20:], "d4": "other " * 9},
        {"q1": "first", "q2": "second", "q3": "third"},
        {
            "train": [("q1", "d1", 2), ("q1", "d2", 0)],
            "dev": [("q2", "d3", 1)],
            "test": [("q3", "d4", 1), ("q3", "d1", 1)],
        },
    )
    (written / "triples.tsv").write_text("q1\td1\td3\n")
    return written


def test_judgements_and_negatives_follow(folder: Path) -> None:
    collection = read(folder, passage_characters=40, passage_overlap=10)
    parts = collection.passages.group_by("document_id", maintain_order=True).agg("doc_id")
    assert parts.rows() == [
        ("d1", ["d1#p1", "d1#p2", "d1#p3"]),
        ("d3", ["d3#p1", "d3#p2"]),
        ("d4", ["d4#p1", "d4#p2"]),
    ]
    assert collection.corpus["doc_id"].to_list() == [
        "d1#p1", "d1#p2", "d1#p3", "d2", "d3#p1", "d3#p2", "d4#p1", "d4#p2",
    ]  # fmt: skip
    assert set(collection.corpus.filter(pl.col("doc_id").str.starts_with("d1"))["title"]) == {
        "Title d1"
    }
    assert collection.train_judgements.rows() == [
        ("q1", "d1#p1", 2),
        ("q1", "d1#p2", 2),
        ("q1", "d1#p3", 2),
        ("q1", "d2", 0),
    ]
    assert [doc for _, doc, _ in collection.given_negatives.rows()] == ["d3#p1", "d3#p2"]
    assert collection.report["preparation"]["passages"] == {"documents_cut": 3, "passages": 7}
    whole = read(folder)
    for split in SPLITS:
        folded = fold_judgements(collection.judgements(split), collection.passages)
        assert folded.rows() == whole.judgements(split).rows()
    alone = read_corpus(
        SourceSettings(path=str(folder)),
        PreparationSettings(passage_characters=40, passage_overlap=10),
    )
    assert alone.table().equals(collection.corpus)


def test_equal_documents_are_merged_before_they_are_cut(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {},
        {"q1": "first", "q2": "second"},
        {"train": [("q1", "b", 1)], "dev": [("q2", "c", 1)]},
    )
    lines = [f'{{"_id": "{key}", "title": "", "text": "{LONG}"}}\n' for key in "ba"]
    (folder / "corpus.jsonl").write_text("".join(lines) + '{"_id": "c", "title": "", "text": "x"}')
    collection = read(folder, passage_characters=60, merge_equal_documents=True)
    assert collection.corpus["doc_id"].to_list() == ["a#p1", "a#p2", "c"]
    assert collection.train_judgements.rows() == [("q1", "a#p1", 1), ("q1", "a#p2", 1)]


def test_an_id_that_is_taken(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir", {"d": LONG, "d#p2": "x"}, {"q": "first"}, {"train": [("q", "d", 1)]}
    )
    with pytest.raises(SourceError, match=r"corpus.jsonl:2: the document 'd#p2' has the id of a"):
        read(folder, passage_characters=60)


def test_functions_defined_twice(tmp_path: Path) -> None:
    function = (
        'def wait(a):\n    """Wait until {word} of these is ready."""\n'
        "    b = a + {number}\n    c = b\n    return c * b\n\n"
    )
    words = ("one", "each", "all", "some", "most", "the first")
    code = "".join(function.format(word=word, number=number) for number, word in enumerate(words))
    (tmp_path / "module.py").write_text(code)
    collection = read(tmp_path, passage_characters=25)
    documents = collection.passages["document_id"].unique().sort().to_list()
    assert documents == ["module.wait", *(f"module.wait#{number}" for number in range(2, 7))]


def test_nothing_long_nothing_cut(folder: Path) -> None:
    collection = read(folder, passage_characters=1000)
    assert collection.corpus.equals(read(folder).corpus)
    assert collection.passages.is_empty()


@pytest.mark.parametrize(
    "options",
    [
        {"passage_characters": 100, "passage_overlap": 50},
        {"passage_overlap": 5},
        {"passage_characters": 10},
    ],
)
def test_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="passage_"):
        PreparationSettings.model_validate(options)


def test_a_document_is_as_good_as_its_best_passage() -> None:
    passages = pl.DataFrame({"doc_id": ["a#p1", "a#p2", "b#p1"], "document_id": ["a", "a", "b"]})
    run = pl.DataFrame(
        {
            "query_id": ["q", "q", "q", "q", "r"],
            "doc_id": ["a#p1", "c", "a#p2", "b#p1", "a#p2"],
            "rank": [1, 2, 3, 4, 1],
            "score": [0.2, 0.5, 0.9, 0.4, 0.1],
        }
    )
    folded = fold_run(run, passages)
    assert folded.rows() == [("q", "a", 0.9), ("q", "b", 0.4), ("q", "c", 0.5), ("r", "a", 0.1)]
    judgements = pl.DataFrame(
        {
            "query_id": ["q", "q", "q", "r"],
            "doc_id": ["a#p1", "a#p2", "c", "b#p1"],
            "relevance": [1, 1, 0, 2],
        }
    )
    judged = fold_judgements(judgements, passages)
    assert judged.rows() == [("q", "a", 1), ("q", "c", 0), ("r", "b", 2)]
    measured = {
        (row["query_id"], row["measure"]): row["value"]
        for row in measure_run(folded, judged, ("RR@10", "R@10")).iter_rows(named=True)
    }
    assert measured == {
        ("q", "RR@10"): 1.0,
        ("q", "R@10"): 1.0,
        ("r", "RR@10"): 0,
        ("r", "R@10"): 0,
    }
    none = passages.clear()
    assert fold_run(run, none).equals(run.drop("rank"))
    named = run.with_columns(system=pl.lit("x"), split=pl.lit("dev"))
    assert fold_run(named, passages).select("query_id", "doc_id", "score").rows() == folded.rows()


def test_the_audit_hides_whole_documents(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {f"d{number}": LONG for number in range(9)},
        {"q1": "first", "q2": "second"},
        {"train": [("q1", f"d{number}", 1) for number in range(8)], "dev": [("q2", "d8", 1)]},
    )
    collection = read(folder, passage_characters=40)
    visible, hidden = hide_judgements(
        collection.train_judgements, collection.passages, AuditSettings(hidden_share=0.5), 0
    )
    of = dict(collection.passages.iter_rows())
    assert not hidden.is_empty()
    assert not {of[each] for each in hidden["doc_id"]} & {of[each] for each in visible["doc_id"]}
