"""The reader of folders in BEIR's form: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv.

Beside them there may be a file of triples, which names negatives of training queries.
"""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.document_rows import DocumentBuffer, LocatedDocuments
from trisampler.corpora.errors import SourceError, listed, nothing_to_train_on
from trisampler.corpora.folders import source_folder
from trisampler.corpora.jsonl import Record
from trisampler.corpora.naming import files_called, find_file, has_ending, other_files
from trisampler.corpora.qrels import read_qrels, read_qrels_table
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
_QRELS: dict[Split, str] = {split: f"qrels/{split}" for split in SPLITS}
_ENDINGS = {
    **dict.fromkeys((_CORPUS, _QUERIES), (".jsonl", ".parquet", ".csv")),
    **dict.fromkeys(_QRELS.values(), (".tsv", ".parquet", ".csv", ".jsonl")),
}
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
    return any(files_called(folder, stem, _ENDINGS[stem]) for stem in (_CORPUS, _QUERIES))


def list_beir_files(settings: SourceSettings) -> SourceFiles:
    """The files to read; those of queries and judgements may be missing.

    Raises:
        SourceError: no such folder, no BEIR folder, one without a corpus, or one with two files
            for the same.
    """
    folder = source_folder(settings.path)
    if not is_beir_folder(folder):
        inner = [entry.name for entry in sorted(folder.iterdir()) if _named(entry, _CORPUS)]
        hint = f". {inner[0]}/ in it is one: name that" if inner else ""
        raise SourceError.at(folder, None, f"not a BEIR folder; {listed(folder)}", _FORM + hint)
    found = [_named(folder, stem) for stem in _ENDINGS]
    if found[0] is None:
        raise SourceError.at(folder, None, f"corpus.jsonl is missing; {listed(folder)}", _FORM)
    names = [name for name in [*found, find_triples(folder)] if name is not None]
    return SourceFiles(folder, {name: folder / name for name in names}, other_files(folder, names))


def read_beir(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, queries and judgements, line by line.

    Raises:
        SourceError: a line that cannot be read, by file and number; or no file of queries, or none
            of judgements.
    """
    needed = [_QUERIES, *([] if find_triples(files.root) else [_QRELS["train"]])]
    for stem in needed:
        if _named(files.root, stem) is None:
            around = (files.root / stem).parent
            folder = around if around.is_dir() else files.root
            missing = f"{stem}{_ENDINGS[stem][0]} is missing; {listed(folder)}"
            raise nothing_to_train_on(files.root, missing, _FORM)
    repairs = no_repairs()
    documents = _read_documents(files, repairs)
    queries = _read_queries(files, repairs)
    judgements = {
        split: _read_qrels(files, stem, repairs)
        for split, stem in _QRELS.items()
        if _named(files.root, stem) is not None
    }
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
    return find_file(folder, stem, _ENDINGS[stem])


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


def _read_qrels(files: SourceFiles, stem: str, repairs: Repairs) -> LocatedRows:
    name, path = _place(files, stem)
    read = read_qrels if has_ending(name, (".tsv",)) else read_qrels_table
    return read(name, path, repairs[name])
