"""The corpus of a source read alone: for who searches and does not train."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import read_collection, read_corpus
from trisampler.corpora.settings import SourceSettings


def settings_of(folder: Path) -> SourceSettings:
    return SourceSettings(path=str(folder))


def drop_document(folder: Path, doc_id: str) -> None:
    file = folder / "corpus.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if f'"{doc_id}"' not in line), encoding="utf-8")


def test_it_is_the_corpus_of_a_beir_collection(clean_folder: Path) -> None:
    with (clean_folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"_id": "d0", "title": " ", "text": ""}) + "\n")
        file.write(json.dumps({"_id": "a", "title": "", "text": "  the first by its id "}) + "\n")
    settings = settings_of(clean_folder)
    assert read_corpus(settings).table().equals(read_collection(settings, 0).corpus)


def test_it_is_the_corpus_of_dprs_data(tmp_path: Path) -> None:
    passages = [{"title": f"T{row}", "text": f"text {row}", "psg_id": str(row)} for row in range(6)]
    elements = [
        {
            "question": f"question {row}",
            "positive_ctxs": [passages[row]],
            "hard_negative_ctxs": [passages[row + 1], passages[row + 2]],
        }
        for row in range(4)
    ]
    file = tmp_path / "train.json"
    file.write_text(json.dumps(elements), encoding="utf-8")
    settings = settings_of(file)
    assert read_corpus(settings).table().equals(read_collection(settings, 0).corpus)


def test_it_is_the_corpus_of_python_source() -> None:
    settings = SourceSettings(package="asyncio")
    corpus = read_corpus(settings).table()
    assert corpus.height > 50
    assert corpus.equals(read_collection(settings, 3).corpus)


def test_a_judged_document_may_be_gone(clean_folder: Path) -> None:
    drop_document(clean_folder, "d5")
    settings = settings_of(clean_folder)
    with pytest.raises(SourceError, match="'d5' is not in"):
        read_collection(settings, 0)
    assert read_corpus(settings).ids.to_list() == ["d1", "d2", "d3", "d4", "d6"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"_id": "d3", "title": "", "text": "again"}', r"corpus.jsonl:7: .* 'd3' stands a second"),
        ('{"_id": "d7", "title": "", "text": 7}', "corpus.jsonl:7"),
        ("{", "corpus.jsonl:7"),
    ],
)
def test_a_wrong_document_is_named_by_its_line(clean_folder: Path, line: str, words: str) -> None:
    with (clean_folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(SourceError, match=words):
        read_corpus(settings_of(clean_folder))


def test_no_document_at_all_is_refused(clean_folder: Path) -> None:
    (clean_folder / "corpus.jsonl").write_text("")
    with pytest.raises(SourceError, match="the corpus is empty"):
        read_corpus(settings_of(clean_folder))
