"""The reader of folders in BEIR's form: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_folder
from trisampler.corpora.jsonl import read_records
from trisampler.corpora.qrels import read_qrels
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    DOCUMENT_ROWS,
    QUERY_ROWS,
    HoldOut,
    LocatedRows,
    Source,
    SourceFiles,
    no_repairs,
)

_CORPUS = "corpus.jsonl"
_QUERIES = "queries.jsonl"
_QRELS: dict[Split, str] = {split: f"qrels/{split}.tsv" for split in SPLITS}
_REQUIRED = (_CORPUS, _QUERIES, _QRELS["train"])
_FORM = "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/train.tsv"
_DOCUMENT_FIELDS = frozenset({"_id", "title", "text"})
_QUERY_FIELDS = frozenset({"_id", "text"})


def is_beir_folder(folder: Path) -> bool:
    """Whether the folder is meant to be in BEIR's form, complete or not."""
    return any((folder / name).exists() for name in (_CORPUS, _QUERIES, "qrels"))


def list_beir_files(settings: SourceSettings) -> SourceFiles:
    """The files to read, all of those that are needed being there.

    Raises:
        SourceError: no such folder, no BEIR folder, or one with a file missing.
    """
    folder = source_folder(settings.path)
    if not is_beir_folder(folder):
        inner = [entry.name for entry in sorted(folder.iterdir()) if (entry / _CORPUS).is_file()]
        hint = f". {inner[0]}/ in it is one: name that" if inner else ""
        raise SourceError.at(folder, None, f"not a BEIR folder; {listed(folder)}", _FORM + hint)
    for name in _REQUIRED:
        if not (folder / name).is_file():
            around = (folder / name).parent
            there = listed(around) if around.is_dir() else listed(folder)
            raise SourceError.at(folder, None, f"{name} is missing; {there}", _FORM)
    names = [_CORPUS, _QUERIES, *_QRELS.values()]
    read = {name: folder / name for name in names if (folder / name).is_file()}
    present = sorted([*folder.iterdir(), *(folder / "qrels").iterdir()])
    others = [path.relative_to(folder).as_posix() for path in present if path.is_file()]
    return SourceFiles(folder, read, tuple(name for name in others if name not in read))


def read_beir(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, queries and judgements, line by line.

    Raises:
        SourceError: a line that cannot be read, by file and number.
    """
    repairs = no_repairs()
    documents = _read_documents(files.paths[_CORPUS], repairs[_CORPUS])
    queries = _read_queries(files.paths[_QUERIES], repairs[_QUERIES])
    judgements = {
        split: read_qrels(name, files.paths[name], repairs[name])
        for split, name in _QRELS.items()
        if name in files.paths
    }
    return Source(
        documents,
        queries,
        judgements,
        hold_outs=(HoldOut("dev", settings.dev_fraction, by="normalized_text"),),
        repairs=repairs,
    )


def _read_documents(path: Path, repairs: Counter[str]) -> LocatedRows:
    buffer = RowBuffer(DOCUMENT_ROWS)
    for record in read_records(path, repairs):
        record.count_extra(_DOCUMENT_FIELDS)
        title, text = record.optional_text("title"), record.optional_text("text")
        buffer.append((record.id("_id"), title, text, record.line))
    return LocatedRows(_CORPUS, path, buffer.table())


def _read_queries(path: Path, repairs: Counter[str]) -> LocatedRows:
    buffer = RowBuffer(QUERY_ROWS)
    for record in read_records(path, repairs):
        record.count_extra(_QUERY_FIELDS)
        buffer.append((record.id("_id"), record.query_text("text"), record.line))
    return LocatedRows(_QUERIES, path, buffer.table())
