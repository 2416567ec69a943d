"""The reader of a data set that the package `ir_datasets` knows by an id, such as beir/scifact.

That package has the files in its home, or fetches them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from trisampler.corpora.collection import Split
from trisampler.corpora.document_rows import DocumentBuffer, LocatedDocuments
from trisampler.corpora.errors import SourceError, nothing_to_train_on, shown
from trisampler.corpora.grades import checked_relevance
from trisampler.corpora.identifiers import is_id
from trisampler.corpora.query_text import normalize_query
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    JUDGEMENT_ROWS,
    QUERY_ROWS,
    LocatedRows,
    Repairs,
    Source,
    SourceFiles,
    hold_outs,
    no_repairs,
)
from trisampler.extras import install_extra

# What subsets of a data set are called, the preferred one first.
_SUBSETS: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "dev": ("dev/small", "dev", "valid", "validation"),
    "test": ("test",),
}
_DOCUMENT_TEXTS = ("text", "body", "contents")
_QUERY_TEXTS = ("text", "title", "query")


def list_ir_datasets_files(settings: SourceSettings) -> SourceFiles:
    """The data sets that are read, by id; their files are that package's own concern.

    Its ids stand for files that do not change: id and version are what is read.

    Raises:
        SourceError: the package is not there, or does not know the id.
    """
    identity = settings.path or ""
    package = _package()
    subsets = _subsets(identity)
    _load(identity)
    return SourceFiles(
        _place(identity), {}, identity=f"{package.__version__} {identity} {sorted(subsets.items())}"
    )


def read_ir_datasets(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read documents, queries and judgements.

    Judged subsets that are called train, dev (or valid) and test are the splits; without such, all
    judgements of the data set are to train on.

    Raises:
        SourceError: something cannot be fetched or read, or there is nothing to train on.
    """
    identity, repairs = settings.path or "", no_repairs()
    subsets = _subsets(identity)
    if "train" not in subsets:
        raise nothing_to_train_on(
            files.root, "no judgements to train on", "Name an id with judgements, or with /train"
        )
    queries = _Queries()
    judgements = {}
    for split, subset in subsets.items():
        judgements[split] = _read_qrels(subset, repairs)
        queries.add(subset)
    return Source(
        _read_documents(identity),
        LocatedRows("queries", files.root, queries.rows.table()),
        judgements,
        hold_outs=hold_outs(settings, "normalized_text", splits_given=len(subsets) > 1),
        repairs=repairs,
        details={"ir_datasets": _package().__version__, "subsets": dict(subsets)},
    )


def read_ir_datasets_documents(settings: SourceSettings, files: SourceFiles) -> LocatedDocuments:  # noqa: ARG001
    """Read documents alone.

    Raises:
        SourceError: they cannot be fetched or read.
    """
    return _read_documents(settings.path or "")


def _package() -> Any:
    try:
        import ir_datasets
    except ImportError as error:
        msg = (
            f"source.format=ir_datasets needs the package {error.name}: "
            f"{install_extra('ir-datasets')}"
        )
        raise SourceError(msg) from error
    return ir_datasets


def _place(identity: str) -> Path:
    return Path(f"ir_datasets:{identity}")


def _load(identity: str) -> Any:
    package = _package()
    try:
        return package.load(identity)
    except KeyError as error:
        near = get_close_matches(identity, list(package.registry), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "See ir-datasets.com for ids"
        raise SourceError.at(_place(identity), None, "no such id", hint) from error


def _subsets(identity: str) -> dict[Split, str]:
    """The id of each split's judgements."""
    known = set(_package().registry)
    found: dict[Split, str] = {}
    for split, names in _SUBSETS.items():
        ids = [f"{identity}/{name}" for name in names]
        judged = [each for each in ids if each in known and _load(each).has_qrels()]
        if judged:
            found[split] = judged[0]
    if not found and _load(identity).has_qrels():
        found["train"] = identity
    return found


@contextmanager
def _failures_told(identity: str) -> Iterator[None]:
    """Whatever stops that package from getting or reading its files, as an error of the source."""
    try:
        yield
    except (SourceError, MemoryError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise SourceError.at(
            _place(identity),
            None,
            f"cannot be got ({shown(reason)})",
            "Its files must be in the home of ir_datasets (IR_DATASETS_HOME), or the network there",
        ) from error


def _text_of(row: Any, names: tuple[str, ...]) -> str:
    value = next((getattr(row, name) for name in names if hasattr(row, name)), None)
    if value is None:
        value = row.default_text() if hasattr(row, "default_text") else ""
    return str(value) if str(value).strip() else ""


def _checked_id(identity: str, number: int, value: object) -> str:
    if not is_id(str(value)):
        found = f"{shown(value)} is no id"
        raise SourceError.at(_place(identity), number, found, "Ids must not hold white space")
    return str(value)


def _read_documents(identity: str) -> LocatedDocuments:
    buffer = DocumentBuffer()
    with _failures_told(identity):
        for number, row in enumerate(_load(identity).docs_iter(), start=1):
            title = getattr(row, "title", None) or ""
            doc_id = _checked_id(identity, number, row.doc_id)
            text = _text_of(row, _DOCUMENT_TEXTS)
            buffer.append((doc_id, title if title.strip() else "", text, number))
    return buffer.located("documents", _place(identity))


def _read_qrels(identity: str, repairs: Repairs) -> LocatedRows:
    place, buffer = _place(identity), RowBuffer(JUDGEMENT_ROWS)
    with _failures_told(identity):
        for number, row in enumerate(_load(identity).qrels_iter(), start=1):
            relevance = checked_relevance(place, number, str(row.relevance), repairs[identity])
            buffer.append((str(row.query_id), str(row.doc_id), relevance, number))
    return LocatedRows(identity, place, buffer.table())


class _Queries:
    """The queries of all subsets, each once."""

    def __init__(self) -> None:
        self.rows = RowBuffer(QUERY_ROWS)
        self._known: set[str] = set()

    def add(self, identity: str) -> None:
        with _failures_told(identity):
            for number, row in enumerate(_load(identity).queries_iter(), start=1):
                query_id = _checked_id(identity, number, row.query_id)
                text = _text_of(row, _QUERY_TEXTS)
                if query_id in self._known:
                    continue
                if not normalize_query(text):
                    found = f"query {shown(query_id)} has no text"
                    raise SourceError.at(_place(identity), number, found, "Name another id")
                self._known.add(query_id)
                self.rows.append((query_id, text, "", number))
