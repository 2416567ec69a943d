"""Folders whose queries and judgements stand in a file for each split: MS MARCO's and TREC's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trisampler.corpora.collection import SPLITS, Split
from trisampler.corpora.document_rows import DocumentBuffer, DocumentRow, LocatedDocuments
from trisampler.corpora.errors import SourceError, listed, nothing_to_train_on
from trisampler.corpora.naming import named_split, only_one, other_files
from trisampler.corpora.qrels import read_bare_qrels
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

ReadDocuments = Callable[[Path, Counter[str]], Iterator[DocumentRow]]
ReadQueries = Callable[[Path, Counter[str]], Iterator[tuple[str, str, int]]]
_SMALL = ".small"  # MS MARCO's smaller file of a split: the one that is measured on


@dataclass(frozen=True)
class Parts:
    """What a format calls its files, and how those of documents and of queries are read.

    Attributes:
        form: a sentence on the files that it has.
        documents: from a folder to the names of files of documents in it, of which there must be
            one.
        queries: from a folder to the names of files of queries.
        qrels: from a folder to the names of files of judgements.
        read_documents: id, title, text and line of each document of a file.
        read_queries: id, text and line of each query of a file.
    """

    form: str
    documents: Callable[[Path], Sequence[str]]
    queries: Callable[[Path], Sequence[str]]
    qrels: Callable[[Path], Sequence[str]]
    read_documents: ReadDocuments
    read_queries: ReadQueries


def list_parts(folder: Path, parts: Parts) -> SourceFiles:
    """The files to read; those of queries and judgements may be missing.

    Raises:
        SourceError: no file of documents, or two of them, or two of one split's judgements.
    """
    documents = only_one(folder, parts.documents(folder), "documents")
    if documents is None:
        found = f"no file of documents; {listed(folder)}"
        raise SourceError.at(folder, None, found, parts.form)
    qrels = _qrels_by_split(folder, parts)
    names = [documents, *parts.queries(folder), *qrels.values()]
    names += filter(None, [find_triples(folder)])
    return SourceFiles(folder, {name: folder / name for name in names}, other_files(folder, names))


def read_parts(settings: SourceSettings, files: SourceFiles, parts: Parts) -> Source:
    """Read documents, queries, judgements and triples.

    Where no file's name says for which split it is, all judgements are to train on, and a share of
    their queries is held out.

    Raises:
        SourceError: a line that cannot be read, or nothing to train on.
    """
    folder, repairs = files.root, no_repairs()
    qrels = _qrels_by_split(folder, parts)
    if not parts.queries(folder):
        raise nothing_to_train_on(folder, f"no file of queries; {listed(folder)}", parts.form)
    if "train" not in qrels and find_triples(folder) is None:
        raise nothing_to_train_on(
            folder, f"no judgements to train on; {listed(folder)}", parts.form
        )
    source = Source(
        read_parts_documents(files, parts, repairs),
        _read_queries(files, parts, repairs),
        {
            split: read_bare_qrels(name, files.paths[name], repairs[name])
            for split, name in qrels.items()
        },
        hold_outs=hold_outs(settings, "normalized_text", splits_given=len(qrels) > 1),
        repairs=repairs,
    )
    return with_triples(source, files)


def read_parts_documents(files: SourceFiles, parts: Parts, repairs: Repairs) -> LocatedDocuments:
    """Read documents alone.

    Raises:
        SourceError: a line that cannot be read.
    """
    (name,) = parts.documents(files.root)
    buffer = DocumentBuffer()
    for row in parts.read_documents(files.paths[name], repairs[name]):
        buffer.append(row)
    return buffer.located(name, files.paths[name])


def _qrels_by_split(folder: Path, parts: Parts) -> Mapping[Split, str]:
    named: dict[Split, list[str]] = {}
    for name in parts.qrels(folder):
        named.setdefault(named_split(name) or "train", []).append(name)
    found: dict[Split, str] = {}
    for split in SPLITS:
        names = named.get(split, [])
        small = [name for name in names if _SMALL in name]
        only = only_one(folder, small or names, f"the judgements of the {split} split")
        if only is not None:
            found[split] = only
    return found


def _read_queries(files: SourceFiles, parts: Parts, repairs: Repairs) -> LocatedRows:
    """The queries of all files; one that stands in several with one text is one query."""
    buffer = RowBuffer(QUERY_ROWS)
    known: dict[str, str] = {}
    names = parts.queries(files.root)
    for name in names:
        for query_id, text, line in parts.read_queries(files.paths[name], repairs[name]):
            if query_id not in known:
                known[query_id] = text
                buffer.append((query_id, text, "", line))
            elif known[query_id] == text:
                repairs[name]["repeated_queries"] += 1
            else:
                raise SourceError.at(
                    files.paths[name],
                    line,
                    f"the query id {query_id!r} stands a second time, with another text",
                    "Give each query its own id, or remove one of the two",
                )
    place = files.paths[names[0]] if len(names) == 1 else files.root
    return LocatedRows(names[0] if len(names) == 1 else "queries", place, buffer.table())
