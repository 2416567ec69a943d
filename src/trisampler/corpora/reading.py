"""A source, named by its settings, read into a checked collection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trisampler.corpora.assembly import assemble_collection, sort_prepared
from trisampler.corpora.collection import Collection
from trisampler.corpora.corpus import Corpus
from trisampler.corpora.errors import SourceError
from trisampler.corpora.formats import SourceFormat, source_format
from trisampler.corpora.preparation import cut_documents, prepare_documents
from trisampler.corpora.report import file_digests
from trisampler.corpora.settings import PreparationSettings, SourceSettings
from trisampler.corpora.source import SourceFiles
from trisampler.corpora.validation import check_documents
from trisampler.hashing import digest_file


def read_collection(
    settings: SourceSettings, seed: int, preparation: PreparationSettings | None = None
) -> Collection:
    """Read, mend, check, prepare, merge and split a source. Nothing is written.

    The result depends on what the lines of the files say, not on their order; but of the passages
    that DPR's files or pairs give one id, the first has it as it is, the others with a digest.

    Args:
        settings: which source.
        seed: of the hash by which splits are held out.
        preparation: what is done to documents and queries; by default nothing.

    Raises:
        SourceError: the source is not there or something in it is wrong: which file, which line,
            what was found, what to do.
    """
    with _file_errors_told():
        form = source_format(settings)
        files = form.list_files(settings)
        source = form.read(settings, files)
        report = {
            "format": form.name,
            "format_detected": settings.format == "auto",
            "source": settings.package or settings.path or "the Python standard library",
            "digest": _digest(form, files),
            "files": file_digests(files),
            "files_ignored": list(files.ignored),
            "details": source.details,
        }
        return assemble_collection(source, seed, report, preparation or PreparationSettings())


def read_corpus(settings: SourceSettings, preparation: PreparationSettings | None = None) -> Corpus:
    """The corpus of a source alone: the one that `read_collection` finds in it.

    Queries and judgements need not fit it: those of a document that is no longer there are of no
    concern to whom only searches.

    Raises:
        SourceError: a document is wrong, a file of the source is not there, or the preparation
            keeps a subset of documents, which depends on judgements.
    """
    preparation = preparation or PreparationSettings()
    if preparation.subset_documents is not None:
        raise SourceError(
            "Documents alone cannot be sampled: preparation.subset_documents keeps judged ones. "
            "Set it to null, in a workspace whose encoder is to serve the whole corpus"
        )
    with _file_errors_told():
        form = source_format(settings)
        files = form.list_files(settings)
        if form.read_documents is not None:
            documents = form.read_documents(settings, files)
        else:
            documents = form.read(settings, files).documents
        check_documents(documents)
        prepared = prepare_documents(documents, preparation).documents
        return sort_prepared(cut_documents(prepared, preparation))


def digest_source(settings: SourceSettings) -> str:
    """A hexadecimal digest of all that decides what is read: names and bytes of the files.

    Raises:
        SourceError: the source is not there, or a file that it needs is not.
    """
    with _file_errors_told():
        form = source_format(settings)
        return _digest(form, form.list_files(settings))


def _digest(form: SourceFormat, files: SourceFiles) -> str:
    digest = hashlib.sha256(f"{form.name} {form.depends_on}{files.identity}\n".encode())
    for name, path in sorted(files.paths.items()):
        digest.update(f"{name}\0{digest_file(path)}\n".encode())
    return digest.hexdigest()


@contextmanager
def _file_errors_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = Path(error.filename or "the source")
        found = f"cannot be read ({error.strerror})"
        raise SourceError.at(place, None, found, "Check permissions and disk") from error
