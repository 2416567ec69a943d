"""The reader of folders in BEIR's form: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv.

A file of judgements may have another name that says its split, such as qrels/validation.tsv.
Beside them there may be a file of triples, which names negatives of training queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.document_rows import DocumentBuffer, LocatedDocuments
from trisampler.corpora.errors import SourceError, listed, nothing_to_train_on
from trisampler.corpora.folders import source_folder
from trisampler.corpora.jsonl import Record
from trisampler.corpora.naming import (
    files_called,
    find_file,
    find_matching,
    has_ending,
    named_split,
    only_one,
    other_files,
)
from trisampler.corpora.qrels import (
    begins_like_qrels,
    read_bare_qrels,
    read_qrels,
    read_qrels_table,
)
from trisampler.corpora.records import read_table
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    QUERY_ROWS,
    LocatedRows,
    Repairs,
    Source,
    SourceFiles,
    hold_outs,
    no_repairs,
)
from trisampler.corpora.triples import find_triples, with_triples

_CORPUS, _QUERIES = "corpus", "queries"
_QRELS = "qrels"
_ENDINGS = (".jsonl", ".parquet", ".csv")
_JUDGED = (".tsv", ".parquet", ".csv", ".jsonl")
_TEXT = ".txt"  # judgements where the name says a split and the first line is one, else prose
_FORM = (
    "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/train.tsv, or triples.train.tsv in "
    "the place of the last; each may be .gz, .bz2 or .zst, or a table (.parquet, .csv)"
)
_DOCUMENT_IDS = ("_id", "doc_id", "docid")
_QUERY_IDS = ("_id", "query_id", "qid")


def is_beir_folder(folder: Path) -> bool:
    """Whether the folder is meant to be in BEIR's form, complete or not."""
    if (folder / "qrels").exists():
        return True
    return any(files_called(folder, stem, _ENDINGS) for stem in (_CORPUS, _QUERIES))


def list_beir_files(settings: SourceSettings) -> SourceFiles:
    """The files to read; those of queries and judgements may be missing.

    Raises:
        SourceError: no such folder, no BEIR folder, one without a corpus, one with two files
            for the same, or judgements in qrels/ whose name says no split.
    """
    folder = source_folder(settings.path)
    if not is_beir_folder(folder):
        inner = [entry.name for entry in sorted(folder.iterdir()) if _named(entry, _CORPUS)]
        hint = f". {inner[0]}/ in it is one: name that" if inner else ""
        raise SourceError.at(folder, None, f"not a BEIR folder; {listed(folder)}", _FORM + hint)
    found = [_named(folder, stem) for stem in (_CORPUS, _QUERIES)]
    if found[0] is None:
        raise SourceError.at(folder, None, f"corpus.jsonl is missing; {listed(folder)}", _FORM)
    found += [*_qrels(folder).values(), find_triples(folder)]
    names = [name for name in found if name is not None]
    return SourceFiles(folder, {name: folder / name for name in names}, other_files(folder, names))


def read_beir(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, queries and judgements, line by line.

    Raises:
        SourceError: a line that cannot be read, by file and number; or no file of queries, or none
            of judgements.
    """
    qrels = _qrels(files.root)
    lacking = _lacking(files.root, qrels)
    if lacking is not None:
        around = (files.root / lacking).parent
        missing = f"{lacking} is missing; {listed(around if around.is_dir() else files.root)}"
        raise nothing_to_train_on(files.root, missing, _FORM)
    repairs = no_repairs()
    documents = _read_documents(files, repairs)
    queries = _read_queries(files, repairs)
    judgements = {split: _read_qrels(files, name, repairs) for split, name in qrels.items()}
    source = Source(
        documents,
        queries,
        judgements,
        hold_outs=hold_outs(settings, "normalized_text", splits_given=True),
        repairs=repairs,
    )
    return with_triples(source, files)


def read_beir_documents(settings: SourceSettings, files: SourceFiles) -> LocatedDocuments:  # noqa: ARG001
    """Read documents alone.

    Raises:
        SourceError: a line that cannot be read, by file and number.
    """
    return _read_documents(files, no_repairs())


def _named(folder: Path, stem: str) -> str | None:
    return find_file(folder, stem, _ENDINGS)


def _qrels(folder: Path) -> dict[Split, str]:
    """The name of each split's judgements, with qrels/ before it, in the order of splits.

    What is no table, or is hidden, is none of them.
    """
    named: dict[Split, list[str]] = {split: [] for split in SPLITS}
    for name in find_matching(folder / _QRELS, "*", (*_JUDGED, _TEXT)):
        split = named_split(name)
        if split is not None:
            if has_ending(name, _JUDGED) or begins_like_qrels(folder / _QRELS / name):
                named[split].append(f"{_QRELS}/{name}")
        elif has_ending(name, _JUDGED):
            raise SourceError.at(
                folder / _QRELS / name,
                None,
                "its name says no split",
                "Name judgements by train, dev or test (qrels/dev.tsv), or move the file elsewhere",
            )
    found = {split: only_one(folder, named[split], f"{_QRELS}/{split}") for split in SPLITS}
    return {split: name for split, name in found.items() if name is not None}


def _lacking(folder: Path, qrels: Mapping[Split, str]) -> str | None:
    """The usual name of the first file that training needs and that is not there."""
    if _named(folder, _QUERIES) is None:
        return f"{_QUERIES}{_ENDINGS[0]}"
    if "train" not in qrels and find_triples(folder) is None:
        return f"{_QRELS}/train{_JUDGED[0]}"
    return None


def _place(files: SourceFiles, stem: str) -> tuple[str, Path]:
    name = next(name for name in files.paths if name.startswith(f"{stem}."))
    return name, files.paths[name]


def _read_documents(files: SourceFiles, repairs: Repairs) -> LocatedDocuments:
    name, path = _place(files, _CORPUS)
    buffer = DocumentBuffer()
    for record in read_table(path, repairs[name]):
        identity = record.first_of(_DOCUMENT_IDS)
        record.count_extra(frozenset({identity, "title", "text"}))
        title, text = record.optional_text("title"), record.optional_text("text")
        buffer.append((record.id(identity), title, text, record.line))
    return buffer.located(name, path)


def _source_of(record: Record) -> str:
    """Where a query's metadata say it comes from, such as the data set it was taken from."""
    metadata = record.fields.get("metadata")
    source = metadata.get("source") if isinstance(metadata, dict) else None
    return source if isinstance(source, str) else ""


def _read_queries(files: SourceFiles, repairs: Repairs) -> LocatedRows:
    name, path = _place(files, _QUERIES)
    buffer = RowBuffer(QUERY_ROWS)
    for record in read_table(path, repairs[name]):
        identity = record.first_of(_QUERY_IDS)
        record.count_extra(frozenset({identity, "text"}))
        text = record.query_text("text")
        buffer.append((record.id(identity), text, _source_of(record), record.line))
    return LocatedRows(name, path, buffer.table())


def _read_qrels(files: SourceFiles, name: str, repairs: Repairs) -> LocatedRows:
    if has_ending(name, (_TEXT,)):
        read = read_bare_qrels
    else:
        read = read_qrels if has_ending(name, (".tsv",)) else read_qrels_table
    return read(name, files.paths[name], repairs[name])
