"""Data sets by the ids of `ir_datasets`, from local files; the network is never asked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trisampler.corpora.collection import SPLITS, Collection
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import digest_source, read_collection, read_corpus
from trisampler.corpora.settings import SourceSettings

ir_datasets = pytest.importorskip("ir_datasets")

DOCUMENTS = "".join(f"d{row}\tdocument {row} é\n" for row in range(8))
SPLIT_QUERIES = {"train": range(3), "valid": range(3, 4), "test": range(4, 6)}


def settings_of(identity: str) -> SourceSettings:
    return SourceSettings.model_validate({"path": identity, "format": "ir_datasets"})


def read(identity: str) -> Collection:
    return read_collection(settings_of(identity), seed=0)


@pytest.fixture
def registered(tmp_path: Path) -> Iterator[str]:
    """Registers `local` with judged subsets train, valid and test."""
    (tmp_path / "docs.tsv").write_text(DOCUMENTS, encoding="utf-8")
    made = {"local": ir_datasets.create_dataset(docs_tsv=str(tmp_path / "docs.tsv"))}
    for split, rows in SPLIT_QUERIES.items():
        queries, qrels = tmp_path / f"{split}.tsv", tmp_path / f"{split}.qrels"
        queries.write_text("".join(f"q{row}\tquery {row}\n" for row in rows))
        qrels.write_text("".join(f"q{row} 0 d{row} {row % 3 - 1}\n" for row in rows))
        made[f"local/{split}"] = ir_datasets.create_dataset(
            docs_tsv=str(tmp_path / "docs.tsv"),
            queries_tsv=str(queries),
            qrels_trec=str(qrels),
        )
    for name, dataset in made.items():
        ir_datasets.registry.register(name, dataset)
    yield "local"
    for name in made:
        ir_datasets.registry._registered.pop(name, None)


def test_subsets_are_splits(registered: str) -> None:
    collection = read(registered)
    assert collection.corpus.rows() == [(f"d{row}", "", f"document {row} é") for row in range(8)]
    judged = {split: collection.judgements(split).rows() for split in SPLITS}
    assert judged == {
        "train": [("q0", "d0", 0), ("q1", "d1", 0), ("q2", "d2", 1)],
        "dev": [("q3", "d3", 0)],
        "test": [("q4", "d4", 0), ("q5", "d5", 1)],
    }
    report = collection.report
    assert report["format"] == "ir_datasets"
    assert report["details"]["subsets"] == {
        "train": "local/train",
        "dev": "local/valid",
        "test": "local/test",
    }
    assert report["repairs"]["local/train"] == {"negative_relevance_as_0": 1}
    assert report["digest"] == digest_source(settings_of(registered))
    assert read_corpus(settings_of(registered)).table().equals(collection.corpus)


def test_one_subset_is_to_train_on(registered: str) -> None:
    collection = read(f"{registered}/train")
    assert collection.test_judgements.is_empty()  # one query has a relevant document
    assert digest_source(settings_of(registered)) != digest_source(settings_of("local/train"))


def test_no_judgements(registered: str) -> None:
    for split in SPLIT_QUERIES:
        ir_datasets.registry._registered.pop(f"local/{split}")
    with pytest.raises(SourceError, match=r"ir_datasets:local: no judgements to train on"):
        read(registered)
    assert read_corpus(settings_of(registered)).height == 8


def test_an_unknown_id_has_neighbours() -> None:
    with pytest.raises(SourceError, match=r"no such id. Did you mean beir/scifact"):
        read("beir/scifacts")


_READ = """
import socket, sys
def refuse(*args, **more): raise OSError("the network is cut off")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from trisampler.corpora.errors import SourceError
from trisampler.corpora.reading import read_collection
from trisampler.corpora.settings import SourceSettings
settings = SourceSettings(path=sys.argv[1], format="ir_datasets")
try:
    print(read_collection(settings, 0).report["documents"])
except SourceError as error:
    print("SourceError", error)
"""


def run(home: Path, identity: str) -> str:
    environment = os.environ | {"IR_DATASETS_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", _READ, identity],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return done.stdout


def test_files_in_its_home(tmp_path: Path) -> None:
    folder = tmp_path / "vaswani"
    folder.mkdir()
    (folder / "docs.txt").write_text("".join(f"{row}\ntext {row}\n   /\n" for row in range(1, 6)))
    (folder / "queries.txt").write_text("".join(f"{row}\nquery {row}\n/\n" for row in range(1, 4)))
    (folder / "qrels.txt").write_text("".join(f"{row}\n {row} {row + 1}\n   /\n" for row in (1, 2)))
    assert run(tmp_path, "vaswani") == "5\n"


def test_files_that_are_not_there_and_no_network(tmp_path: Path) -> None:
    told = run(tmp_path, "vaswani")
    assert told.startswith("SourceError ir_datasets:vaswani: cannot be got")
    assert "IR_DATASETS_HOME" in told
