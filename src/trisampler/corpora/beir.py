"""The reader of folders in BEIR's form: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv.

Beside them there may be a file of triples, which names negatives of training queries.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_folder
from trisampler.corpora.jsonl import Record, read_records
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
from trisampler.corpora.triples import Triples, read_triples

_CORPUS = "corpus.jsonl"
_QUERIES = "queries.jsonl"
_QRELS: dict[Split, str] = {split: f"qrels/{split}.tsv" for split in SPLITS}
_TRIPLES = ("*triples*.tsv", "*triples*.tsv.gz")
_FORM = (
    "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/train.tsv, or triples.train.tsv in "
    "the place of the last"
)
_DOCUMENT_FIELDS = frozenset({"_id", "title", "text"})
_QUERY_FIELDS = frozenset({"_id", "text"})


def is_beir_folder(folder: Path) -> bool:
    """Whether the folder is meant to be in BEIR's form, complete or not."""
    return any((folder / name).exists() for name in (_CORPUS, _QUERIES, "qrels"))


def list_beir_files(settings: SourceSettings) -> SourceFiles:
    """The files to read, all of those that are needed being there.

    Raises:
        SourceError: no such folder, no BEIR folder, one with a file missing, or one with two
            files of triples.
    """
    folder = source_folder(settings.path)
    if not is_beir_folder(folder):
        inner = [entry.name for entry in sorted(folder.iterdir()) if (entry / _CORPUS).is_file()]
        hint = f". {inner[0]}/ in it is one: name that" if inner else ""
        raise SourceError.at(folder, None, f"not a BEIR folder; {listed(folder)}", _FORM + hint)
    triples = _find_triples(folder)
    for name in (_CORPUS, _QUERIES, triples or _QRELS["train"]):
        if not (folder / name).is_file():
            around = (folder / name).parent
            there = listed(around) if around.is_dir() else listed(folder)
            raise SourceError.at(folder, None, f"{name} is missing; {there}", _FORM)
    names = [_CORPUS, _QUERIES, *_QRELS.values(), *filter(None, [triples])]
    read = {name: folder / name for name in names if (folder / name).is_file()}
    present = sorted([*folder.iterdir(), *folder.glob("qrels/*")])
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
    source = Source(
        documents,
        queries,
        judgements,
        hold_outs=(HoldOut("dev", settings.dev_fraction, by="normalized_text"),),
        repairs=repairs,
    )
    name = _find_triples(files.root)
    if name is None:
        return source
    return _with_triples(source, read_triples(name, files.paths[name], repairs[name]))


def read_beir_documents(settings: SourceSettings, files: SourceFiles) -> LocatedRows:  # noqa: ARG001
    """Read documents alone.

    Raises:
        SourceError: a line that cannot be read, by file and number.
    """
    return _read_documents(files.paths[_CORPUS], Counter())


def _with_triples(source: Source, triples: Triples) -> Source:
    """The source with the negatives of the triples, and their positives as training judgements."""
    judged = "train" in source.judgements
    judgements: dict[Split, LocatedRows] = {"train": triples.positives}
    return replace(
        source,
        judgements=judgements | source.judgements,
        added_positives=triples.positives if judged else None,
        given_negatives=triples.negatives,
        details={
            "triples": {
                "lines": triples.lines,
                "positive_pairs": triples.positives.table.height,
                "negative_pairs": triples.negatives.table.height,
                "training_judgements": "added" if judged else "all",
            }
        },
    )


def _find_triples(folder: Path) -> str | None:
    """The name of the folder's file of triples."""
    paths = [path for pattern in _TRIPLES for path in folder.glob(pattern) if path.is_file()]
    found = sorted(path.name for path in paths)
    if len(found) > 1:
        raise SourceError.at(
            folder, None, f"several files of triples: {', '.join(found)}", "Keep one of them"
        )
    return found[0] if found else None


def _read_documents(path: Path, repairs: Counter[str]) -> LocatedRows:
    buffer = RowBuffer(DOCUMENT_ROWS)
    for record in read_records(path, repairs):
        record.count_extra(_DOCUMENT_FIELDS)
        title, text = record.optional_text("title"), record.optional_text("text")
        buffer.append((record.id("_id"), title, text, record.line))
    return LocatedRows(_CORPUS, path, buffer.table())


def _source_of(record: Record) -> str:
    """Where a query's metadata say it comes from, such as the data set it was taken from."""
    metadata = record.fields.get("metadata")
    source = metadata.get("source") if isinstance(metadata, dict) else None
    return source if isinstance(source, str) else ""


def _read_queries(path: Path, repairs: Counter[str]) -> LocatedRows:
    buffer = RowBuffer(QUERY_ROWS)
    for record in read_records(path, repairs):
        record.count_extra(_QUERY_FIELDS)
        text = record.query_text("text")
        buffer.append((record.id("_id"), text, _source_of(record), record.line))
    return LocatedRows(_QUERIES, path, buffer.table())
