"""What is done to documents and queries where it is asked for."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from trisampler.corpora import blocks_on_disk, document_rows
from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.document_rows import DocumentBuffer
from trisampler.corpora.equal_documents import merge_equal_documents
from trisampler.corpora.errors import SourceError
from trisampler.corpora.preparation import prepare_documents
from trisampler.corpora.reading import read_collection, read_corpus
from trisampler.corpora.settings import PreparationSettings, SourceSettings

WriteFolder = Callable[..., Path]
COMBINED, COMPOSED = "cafe\u0301", "caf\u00e9"


def read(folder: Path, seed: int = 0, **options: object) -> Collection:
    settings = PreparationSettings.model_validate(options)
    return read_collection(SourceSettings(path=str(folder)), seed, settings)


def documents_of(collection: Collection) -> dict[str, str]:
    return dict(collection.corpus.select("doc_id", "text").rows())


def judged(collection: Collection) -> dict[str, list[tuple[object, ...]]]:
    return {split: collection.judgements(split).rows() for split in SPLITS}


def test_nothing_by_default(clean_folder: Path) -> None:
    settings = SourceSettings(path=str(clean_folder))
    plain, prepared = read_collection(settings, 0), read(clean_folder)
    assert prepared.corpus.equals(plain.corpus)
    assert prepared.report == plain.report
    assert plain.report["preparation"] == {}


def test_unicode(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": COMBINED, "d2": COMPOSED, "d3": "ﬁ ½ \u212b", "d4": "plain"},
        {"q1": f"a {COMBINED}", "q2": "another"},
        {"train": [("q1", "d1", 1)], "dev": [("q2", "d2", 1)]},
    )
    assert documents_of(read(folder))["d1"] == COMBINED
    collection = read(folder, normalize_unicode=True)
    # Canonical equivalents only: a ligature and a fraction stay as they were written.
    assert documents_of(collection) == {
        "d1": COMPOSED,
        "d2": COMPOSED,
        "d3": "ﬁ ½ \u00c5",
        "d4": "plain",
    }
    assert collection.queries["text"].to_list() == [f"a {COMPOSED}", "another"]
    assert collection.report["preparation"]["texts"]["unicode_normalized"] == 2


@hypothesis_settings(deadline=None, max_examples=40)
@given(text=st.text(min_size=1, max_size=40), longest=st.integers(1, 40))
def test_cut_texts_are_beginnings(text: str, longest: int) -> None:
    buffer = DocumentBuffer()
    buffer.append(("d", "title", text.replace("\ud800", "") or "x", 1))
    documents = buffer.located("name", Path())
    settings = PreparationSettings(maximum_characters=longest)
    (block,) = prepare_documents(documents, settings).documents.blocks
    (cut,) = block["text"]
    original = text.replace("\ud800", "") or "x"
    bare = original.strip()
    assert len(cut) <= longest
    assert cut == original if len(original) <= longest else bare.startswith(cut)
    assert bool(cut.strip()) == bool(bare)
    if len(bare) > longest and not any(space in bare for space in " \n\t"):
        assert cut == bare[:longest].rstrip()


def test_no_judged_document_is_cut_to_nothing(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {},
        {"q1": "first", "q2": "second"},
        {"train": [("q1", "d1", 1)], "dev": [("q2", "d2", 1)]},
    )
    texts = {"d1": " " * 30 + "what is said", "d2": " " * 30 + "x"}
    lines = [json.dumps({"_id": key, "title": "", "text": text}) for key, text in texts.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    collection = read(folder, maximum_characters=20)
    assert documents_of(collection) == {"d1": "what is said", "d2": "x"}


def test_cut_at_white_space(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": "one two three", "d2": "字" * 20, "d3": "ab " + "c" * 20, "d4": "one two t"},
        {"q1": "first", "q2": "second"},
        {"train": [("q1", "d1", 1)], "dev": [("q2", "d2", 1)]},
    )
    collection = read(folder, maximum_characters=9)
    assert documents_of(collection) == {
        "d1": "one two",
        "d2": "字" * 9,
        "d3": "ab cccccc",  # a word that begins early is cut
        "d4": "one two t",
    }
    assert collection.report["preparation"]["texts"] == {"unicode_normalized": 0, "cut": 3}


def test_short_documents_and_their_judgements_go(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": "long enough", "d2": "x", "d3": "also long"},
        {"q1": "first", "q2": "second", "q3": "third"},
        {"train": [("q1", "d1", 1), ("q1", "d2", 1), ("q3", "d2", 1)], "dev": [("q2", "d3", 1)]},
    )
    collection = read(folder, minimum_characters=12)  # titles are "Title d1"
    assert set(documents_of(collection)) == {"d1", "d3"}
    assert judged(collection)["train"] == [("q1", "d1", 1)]
    assert collection.queries["query_id"].to_list() == ["q1", "q2"]
    assert collection.report["preparation"] == {
        "too_short_left_out": 1,
        "judgements_left_out": {
            "train": {
                "judgements": 2,
                "of_judgements": 3,
                "positive_judgements": 2,
                "queries_left_unjudged": 1,
                "of_queries": 2,
                "examples": [["q1", "d2"], ["q3", "d2"]],
            }
        },
    }
    assert collection.report["repairs"] == {"queries.jsonl": {"unjudged_queries_dropped": 1}}
    with pytest.raises(SourceError, match="preparation leaves no document"):
        read(folder, minimum_characters=1000)


def test_a_split_that_goes_with_short_documents_is_said(
    write_folder: WriteFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": "long enough", "d2": "also long enough", "d3": "x"},
        {"q1": "first", "q2": "second", "q3": "third", "q4": "fourth"},
        {
            "train": [("q1", "d1", 1), ("q2", "d2", 1)],
            "dev": [("q3", "d3", 1), ("q3", "d1", 0)],
            "test": [("q4", "d3", 1)],
        },
    )
    report = read(folder, minimum_characters=12).report
    left_out = report["preparation"]["judgements_left_out"]
    assert {split: lost["judgements"] for split, lost in left_out.items()} == {"dev": 1, "test": 1}
    lost = (
        "preparation.minimum_characters left out all judgements of the test split (1, of 1 "
        "queries) with their documents."
    )
    assert report["notes"][0] == lost
    assert lost in caplog.text
    assert "dev split" not in caplog.text  # it has a judgement yet


def test_a_dev_split_held_out_for_one_that_went_is_not_said_to_be_missing_in_the_source(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": "long enough", "d2": "also long enough", "d3": "x"},
        {"q1": "first", "q2": "second", "q3": "third"},
        {"train": [("q1", "d1", 1), ("q2", "d2", 1)], "dev": [("q3", "d3", 1)]},
    )
    report = read(folder, minimum_characters=12).report
    assert report["splits"]["dev"]["queries"] == 1
    assert "minimum_characters left out all judgements of the dev split" in report["notes"][0]
    assert report["notes"][1].startswith("No dev split is left: 1 queries held out of train")


def test_what_took_the_training_pairs_is_named(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {"d1": "x", "d2": "long enough", "d3": "also long enough"},
        {"q1": "one two three four five", "q2": "five four three two one", "q3": "another"},
        {"train": [("q1", "d1", 1), ("q1", "d2", 0)], "dev": [("q2", "d3", 1)]},
    )
    with pytest.raises(SourceError) as error:
        read(folder, minimum_characters=12)
    assert "is left of 1: preparation.minimum_characters left out 1 of them" in str(error.value)
    assert "near_duplicate" not in str(error.value)
    with pytest.raises(SourceError) as error:
        read(folder, near_duplicate_queries="drop")
    assert (
        "is left of 1: preparation.near_duplicate_queries=drop dropped 1 training queries"
        in str(error.value)
    )
    assert "minimum_characters" not in str(error.value)


def beir_with_equal_documents(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    texts = {"d3": "same", "d1": "same", "d2": "other", "d5": "same ", "d4": "blank?", "d0": " "}
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": k, "title": "", "text": v}) + "\n" for k, v in texts.items())
    )
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": f"q{n}", "text": f"query {n}"}) + "\n" for n in range(1, 4))
    )
    header = "query-id\tcorpus-id\tscore\n"
    (folder / "qrels/train.tsv").write_text(f"{header}q1\td3\t1\nq1\td1\t0\nq1\td2\t0\nq2\td5\t2\n")
    (folder / "qrels/test.tsv").write_text(f"{header}q3\td3\t1\nq3\td5\t1\n")
    (folder / "triples.tsv").write_text("q1\td3\td2\nq2\td5\td4\nq2\td5\td3\n")
    return folder


def test_equal_documents_are_one(tmp_path: Path) -> None:
    folder = beir_with_equal_documents(tmp_path / "beir")
    collection = read(folder, merge_equal_documents=True)
    assert documents_of(collection) == {"d1": "same", "d2": "other", "d4": "blank?"}
    assert (
        judged(collection)
        == {
            "train": [("q1", "d1", 1), ("q1", "d2", 0), ("q2", "d1", 2)],  # the highest relevance
            "dev": [],
            "test": [("q3", "d1", 1)],
        }
        or collection.report["held_out"]
    )
    assert judged(collection)["test"] == [("q3", "d1", 1)]
    given = collection.given_negatives.select("query_id", "doc_id").rows()
    assert set(given) <= {("q1", "d2"), ("q2", "d4"), ("q2", "d1")}
    assert collection.report["preparation"]["equal_documents"] == {
        "groups": 1,
        "merged_away": 2,
        "examples": [["d1", "d3", "d5"]],
    }
    assert collection.report["repairs"]["corpus.jsonl"]["blank_documents_dropped"] == 1
    alone = read_corpus(
        SourceSettings(path=str(folder)), PreparationSettings(merge_equal_documents=True)
    )
    assert alone.table().equals(collection.corpus)


def test_a_positive_of_a_triple_is_as_relevant_to_the_document_it_became(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {},
        {"q0": "first", "q1": "second"},
        {"train": [("q0", "a", 0), ("q0", "c", 0), ("q0", "d", 1)], "dev": [("q1", "d", 1)]},
    )
    lines = [
        json.dumps({"_id": key, "title": "", "text": text})
        for key, text in {"a": "same", "b": "same", "c": "c", "d": "d"}.items()
    ]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    (folder / "triples.tsv").write_text("q0\tb\td\nq0\tc\td\n")
    collection = read(folder, merge_equal_documents=True)
    assert collection.train_judgements.rows() == [("q0", "a", 1), ("q0", "c", 0), ("q0", "d", 1)]
    assert collection.report["added_positives"] == {
        "pairs": 2,
        "added": 1,
        "judged_not_relevant_dropped": 1,
    }


@hypothesis_settings(deadline=None, max_examples=50)
@given(texts=st.lists(st.sampled_from(["", "a", "b", "c", "a "]), min_size=1, max_size=12))
def test_merging_by_definition(texts: list[str]) -> None:
    ids = [f"d{row:02d}" for row in range(len(texts))]
    rows = list(zip(ids, texts, strict=True))
    random.Random(len(texts)).shuffle(rows)
    buffer = DocumentBuffer()
    for doc_id, text in rows:
        buffer.append((doc_id, "", text if text.strip() else "", 1))
    merged, report = merge_equal_documents(buffer.located("name", Path()))
    expected = {}
    for doc_id, text in sorted(rows):
        first = min(other for other, found in rows if found.strip() == text.strip())
        if text.strip() and first != doc_id:
            expected[doc_id] = first
    assert dict(merged.rows()) == expected
    assert report["merged_away"] == len(expected)
    assert report["groups"] == len(set(expected.values()))


def test_after_unicode_and_cutting_more_are_equal(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "beir"
    write_folder(
        folder, {}, {"q1": "x", "q2": "y"}, {"train": [("q1", "a", 1)], "dev": [("q2", "c", 1)]}
    )
    texts = {"a": COMBINED, "b": COMPOSED, "c": f"{COMPOSED} and more"}
    lines = [{"_id": key, "title": "", "text": text} for key, text in texts.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert set(documents_of(read(folder, merge_equal_documents=True))) == {"a", "b", "c"}
    both = read(folder, merge_equal_documents=True, normalize_unicode=True)
    assert set(documents_of(both)) == {"a", "c"}
    all_three = read(
        folder, merge_equal_documents=True, normalize_unicode=True, maximum_characters=6
    )
    assert documents_of(all_three) == {"a": COMPOSED}
    assert all(unicodedata.is_normalized("NFC", text) for text in documents_of(both).values())


def large_folder(write_folder: WriteFolder, folder: Path, documents: int) -> Path:
    return write_folder(
        folder,
        {f"d{row}": f"text {row}" for row in range(documents)},
        {f"q{row}": f"query number {row}" for row in range(20)},
        {
            "train": [(f"q{row}", f"d{row * 3}", row % 2) for row in range(10)],
            "dev": [(f"q{row}", f"d{row * 3}", 1) for row in range(10, 15)],
            "test": [(f"q{row}", f"d{row * 3}", 1) for row in range(15, 20)],
        },
    )


def test_a_subset_keeps_every_judged_document(write_folder: WriteFolder, tmp_path: Path) -> None:
    folder = large_folder(write_folder, tmp_path / "beir", 200)
    whole = read(folder)
    found = {}
    for size in (5, 50, 100, 200):
        collection = read(folder, subset_documents=size)
        found[size] = set(collection.corpus["doc_id"])
        assert len(found[size]) == max(size, 20)
        assert judged(collection) == judged(whole)
        assert {f"d{row * 3}" for row in range(20)} <= found[size]
    assert found[5] < found[50] < found[100] < found[200]
    report = read(folder, subset_documents=50).report
    assert report["preparation"]["subset"] == {"of": 200, "judged": 20, "sampled": 30, "seed": 0}
    assert "measures are higher" in report["notes"][0]
    assert set(read(folder, seed=1, subset_documents=50).corpus["doc_id"]) != found[50]
    with pytest.raises(SourceError, match="Documents alone cannot be sampled"):
        read_corpus(SourceSettings(path=str(folder)), PreparationSettings(subset_documents=50))


def test_nearly_the_queries_of_test_are_not_trained_on(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = write_folder(
        tmp_path / "beir",
        {f"d{row}": f"text {row}" for row in range(6)},
        {
            "q1": "how do I undo the last commit",
            "q2": "list all branches of a repository",
            "q3": "how do I undo the last commit, please",
            "q4": "Rename a BRANCH in git now",
            "q5": "rename a branch in git",
        },
        {
            "train": [("q1", "d1", 1), ("q2", "d2", 1), ("q5", "d5", 1)],
            "dev": [("q4", "d4", 1)],
            "test": [("q3", "d3", 1)],
        },
    )
    assert judged(read(folder))["train"] == [("q1", "d1", 1), ("q2", "d2", 1), ("q5", "d5", 1)]
    collection = read(folder, near_duplicate_queries="drop")
    assert judged(collection) == {
        "train": [("q2", "d2", 1)],
        "dev": [("q4", "d4", 1)],
        "test": [("q3", "d3", 1)],
    }
    report = collection.report["preparation"]["near_duplicate_queries"]
    assert report["training_queries_dropped"] == 2
    assert report["judgements_dropped"] == 2
    assert report["examples"] == [["q1", "q3"], ["q5", "q4"]]


def test_all_at_once_and_on_disk(
    write_folder: WriteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = large_folder(write_folder, tmp_path / "beir", 300)
    options = {
        "normalize_unicode": True,
        "minimum_characters": 14,
        "maximum_characters": 7,
        "merge_equal_documents": True,
        "subset_documents": 40,
    }
    held = read(folder, **options)
    monkeypatch.setattr(blocks_on_disk, "_HELD", 0)
    monkeypatch.setattr(document_rows, "_ROWS", 11)
    on_disk = read(folder, **options)
    assert on_disk.corpus.equals(held.corpus)
    assert on_disk.report == held.report
    assert json.loads(json.dumps(held.report)) == on_disk.report
    assert isinstance(held.corpus, pl.DataFrame)
