"""The formats there are, and which of them a source is in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trisampler.corpora.beir import (
    is_beir_folder,
    list_beir_files,
    read_beir,
    read_beir_documents,
)
from trisampler.corpora.document_rows import LocatedDocuments
from trisampler.corpora.dpr import read_dpr
from trisampler.corpora.dpr_files import is_dpr, list_dpr_files
from trisampler.corpora.errors import SourceError, listed
from trisampler.corpora.folders import source_folder, source_path
from trisampler.corpora.ir_datasets_source import (
    list_ir_datasets_files,
    read_ir_datasets,
    read_ir_datasets_documents,
)
from trisampler.corpora.msmarco import (
    is_msmarco_folder,
    list_msmarco_files,
    read_msmarco,
    read_msmarco_documents,
)
from trisampler.corpora.pair_files import is_pairs, list_pair_files
from trisampler.corpora.pairs import read_pairs
from trisampler.corpora.python_files import has_python_files, list_python_files
from trisampler.corpora.python_source import read_python_source
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import Source, SourceFiles
from trisampler.corpora.trec import (
    is_trec_folder,
    list_trec_files,
    read_trec,
    read_trec_documents_alone,
)


@dataclass(frozen=True)
class SourceFormat:
    """One way a source can be written.

    Attributes:
        name: what the settings call it.
        recognises: whether a file or folder is meant to be in this format; raises SourceError
            where a file that would tell cannot be read.
        list_files: the files that `read` reads.
        read: everything in these files.
        read_documents: the documents in these files, where that is less work than reading all.
        depends_on: what besides the files' bytes decides what is read.
    """

    name: str
    recognises: Callable[[Path], bool]
    list_files: Callable[[SourceSettings], SourceFiles]
    read: Callable[[SourceSettings, SourceFiles], Source]
    read_documents: Callable[[SourceSettings, SourceFiles], LocatedDocuments] | None = None
    depends_on: str = ""


# The parser's version decides which files parse.
_PYTHON = SourceFormat(
    "python-source",
    has_python_files,
    list_python_files,
    read_python_source,
    depends_on=".".join(map(str, sys.version_info[:2])),
)
# In the order in which a path is tried.
_FORMATS = (
    SourceFormat("beir", is_beir_folder, list_beir_files, read_beir, read_beir_documents),
    SourceFormat(
        "msmarco", is_msmarco_folder, list_msmarco_files, read_msmarco, read_msmarco_documents
    ),
    SourceFormat("trec", is_trec_folder, list_trec_files, read_trec, read_trec_documents_alone),
    SourceFormat("pairs", is_pairs, list_pair_files, read_pairs),
    SourceFormat(
        "ir_datasets",
        lambda _: False,  # an id is no path: source.format says that it is one
        list_ir_datasets_files,
        read_ir_datasets,
        read_ir_datasets_documents,
    ),
    SourceFormat("dpr", is_dpr, list_dpr_files, read_dpr),
    _PYTHON,
)


def source_format(settings: SourceSettings) -> SourceFormat:
    """The format that the settings name or, for "auto", that the path shows.

    Raises:
        SourceError: nothing is there, or it is in no format there is, or in none but what a damaged
            file would tell.
    """
    if settings.format != "auto":
        return next(form for form in _FORMATS if form.name == settings.format)
    if settings.path is None:
        return _PYTHON
    path = source_path(settings.path)
    damaged: SourceError | None = None
    for form in _FORMATS:
        try:
            if form.recognises(path):
                return form
        except SourceError as error:
            damaged = error
    if damaged is not None:
        raise damaged
    folder = source_folder(settings.path)
    inner = sorted(entry.name for entry in folder.iterdir() if is_beir_folder(entry))
    hint = f" {inner[0]}/ in it is in BEIR form: name that." if inner else ""
    raise SourceError.at(
        folder,
        None,
        f"in no form that is known; {listed(folder)}",
        "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/train.tsv; MS MARCO's has "
        "collection.tsv, queries.train.tsv and qrels.train.tsv; TREC's documents, topics.txt and "
        "qrels.txt; DPR's data is *train*.json with positive_ctxs; pairs are a table with columns "
        "anchor and positive; Python source has .py files. "
        f"source.format names one of them.{hint}",
    )
