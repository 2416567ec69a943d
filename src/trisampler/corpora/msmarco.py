"""The reader of MS MARCO's files: collection.tsv, queries.*.tsv, qrels.*.tsv and id triples.

`msmarco-docs.tsv`, with address and title, is read as well.
"""

from __future__ import annotations

from pathlib import Path

from trisampler.corpora.document_rows import LocatedDocuments
from trisampler.corpora.folders import source_folder
from trisampler.corpora.naming import find_matching
from trisampler.corpora.parted import Parts, list_parts, read_parts, read_parts_documents
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import Source, SourceFiles, no_repairs
from trisampler.corpora.tabbed import read_tabbed_documents, read_tabbed_queries

_TSV = (".tsv",)
_DOCUMENTS = ("collection*", "*msmarco*docs*")
_JUDGED = (".tsv", ".txt")


def _documents(folder: Path) -> list[str]:
    return [name for pattern in _DOCUMENTS for name in find_matching(folder, pattern, _TSV)]


def _queries(folder: Path) -> list[str]:
    """All but MS MARCO's own eval queries, whose judgements are not published."""
    names = find_matching(folder, "*queries*", _TSV)
    return [name for name in names if "queries.eval" not in name]


_PARTS = Parts(
    "MS MARCO's folder has collection.tsv, queries.train.tsv and qrels.train.tsv or a file of "
    "triples, and the same for dev and test; each may be .gz, .bz2 or .zst",
    _documents,
    _queries,
    lambda folder: find_matching(folder, "*qrels*", _JUDGED),
    read_tabbed_documents,
    read_tabbed_queries,
)


def is_msmarco_folder(folder: Path) -> bool:
    """Whether there is a collection as MS MARCO names it, and no topics as TREC does."""
    return bool(_documents(folder)) and not find_matching(folder, "*topics*", ("",))


def list_msmarco_files(settings: SourceSettings) -> SourceFiles:
    """The files to read.

    Raises:
        SourceError: no such folder, no collection, or two files where one must be.
    """
    return list_parts(source_folder(settings.path), _PARTS)


def read_msmarco(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, queries, judgements and triples, line by line.

    Raises:
        SourceError: a line that cannot be read, by file and number, or nothing to train on.
    """
    return read_parts(settings, files, _PARTS)


def read_msmarco_documents(settings: SourceSettings, files: SourceFiles) -> LocatedDocuments:  # noqa: ARG001
    """Read documents alone.

    Raises:
        SourceError: a line that cannot be read, by file and number.
    """
    return read_parts_documents(files, _PARTS, no_repairs())
