"""The reader of a TREC collection: documents, topics and qrels, a file of each or one a split.

| files | what is read |
|---|---|
| documents: `corpus`, `collection`, `documents` or `docs` with .trec, .trectext, .sgml | `<DOC>` |
| the same with .jsonl | id or docid, title, text or contents |
| the same with .tsv | id, perhaps title, text |
| topics: `*topics*` or `*queries*` | `<top>`, `<topic number="...">`, or id <tab> text |
| judgements: `*qrels*` | TREC's four columns, or three or two |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trisampler.corpora.document_rows import DocumentRow, LocatedDocuments
from trisampler.corpora.folders import source_folder
from trisampler.corpora.lines import read_lines
from trisampler.corpora.naming import find_matching, has_ending
from trisampler.corpora.parted import Parts, list_parts, read_parts, read_parts_documents
from trisampler.corpora.records import read_table
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import Source, SourceFiles, no_repairs
from trisampler.corpora.tabbed import read_tabbed_documents, read_tabbed_queries
from trisampler.corpora.trec_markup import read_topics, read_trec_documents

_MARKED_UP = (".trec", ".trectext", ".sgml", ".sgm")
_DOCUMENTS = ("corpus*", "collection*", "documents*", "docs*")
_DOCUMENT_ENDINGS = (*_MARKED_UP, ".jsonl", ".tsv")
_ANY = ("",)
_IDS = ("_id", "id", "docid", "doc_id")
_TEXTS = ("text", "contents", "body")


def _documents(folder: Path) -> list[str]:
    named = [
        name for pattern in _DOCUMENTS for name in find_matching(folder, pattern, _DOCUMENT_ENDINGS)
    ]
    marked_up = find_matching(folder, "*", _MARKED_UP)
    return list(dict.fromkeys(named + [name for name in marked_up if not _is_topics(name)]))


def _topics(folder: Path) -> list[str]:
    return [name for name in find_matching(folder, "*", _ANY) if _is_topics(name)]


def _is_topics(name: str) -> bool:
    return ("topics" in name or "queries" in name) and "qrels" not in name


def _read_documents(path: Path, repairs: Counter[str]) -> Iterator[DocumentRow]:
    if has_ending(path.name, _MARKED_UP):
        return read_trec_documents(path, repairs)
    if has_ending(path.name, (".tsv",)):
        return read_tabbed_documents(path, repairs)
    return _read_records(path, repairs)


def _read_records(path: Path, repairs: Counter[str]) -> Iterator[DocumentRow]:
    for record in read_table(path, repairs):
        identity, text = record.first_of(_IDS), record.first_of(_TEXTS)
        title = record.optional_text("title") if "title" in record.fields else ""
        yield record.id(identity), title, record.optional_text(text), record.line


def _read_queries(path: Path, repairs: Counter[str]) -> Iterator[tuple[str, str, int]]:
    _, first = next(read_lines(path, Counter()), (1, ""))
    marked_up = "\t" not in first and first.lstrip().startswith("<")
    return (read_topics if marked_up else read_tabbed_queries)(path, repairs)


_PARTS = Parts(
    "A TREC folder has documents (corpus.trec, .jsonl or .tsv), topics.txt and qrels.txt, or those "
    "two for each split (qrels.train.txt); each may be .gz, .bz2 or .zst",
    _documents,
    _topics,
    lambda folder: find_matching(folder, "*qrels*", _ANY),
    _read_documents,
    _read_queries,
)


def is_trec_folder(folder: Path) -> bool:
    """Whether there are documents, topics and judgements as TREC has them."""
    parts = (_PARTS.documents(folder), _PARTS.queries(folder), _PARTS.qrels(folder))
    return all(parts)


def list_trec_files(settings: SourceSettings) -> SourceFiles:
    """The files to read.

    Raises:
        SourceError: no such folder, no documents, or two files where one must be.
    """
    return list_parts(source_folder(settings.path), _PARTS)


def read_trec(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, topics, judgements and triples.

    Raises:
        SourceError: something that cannot be read, by file and line, or nothing to train on.
    """
    return read_parts(settings, files, _PARTS)


def read_trec_documents_alone(settings: SourceSettings, files: SourceFiles) -> LocatedDocuments:  # noqa: ARG001
    """Read documents alone.

    Raises:
        SourceError: a document that cannot be read, by file and line.
    """
    return read_parts_documents(files, _PARTS, no_repairs())
