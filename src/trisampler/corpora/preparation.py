"""Documents made ready, by options that are all off by default.

In this order: Unicode is normalised and long texts are cut off; short documents are left out;
documents of equal title and text become one; long documents become passages. Judgements and given
negatives follow. All of it depends on the documents alone, so that a corpus that is read without
its judgements is the same one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from trisampler.corpora.document_rows import DocumentBuffer, LocatedDocuments
from trisampler.corpora.equal_documents import merge_equal_documents
from trisampler.corpora.passage_cutting import CutDocuments, cut_into_passages
from trisampler.corpora.settings import PreparationSettings
from trisampler.corpora.source import LocatedRows, Source

_CHANGES = {"doc_id": pl.String, "new_id": pl.String}


@dataclass(frozen=True)
class PreparedDocuments:
    """Documents, and what became of those that the source names.

    Attributes:
        documents: as they are now; those that are left out are blank in the index.
        changes: doc_id, new_id (String): what judgements of a document are judgements of now, null
            where it is left out; no row for a document that stays itself.
        report: what was done, how often.
    """

    documents: LocatedDocuments
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CHANGES))
    report: dict[str, Any] = field(default_factory=dict)


def prepare_documents(
    documents: LocatedDocuments, settings: PreparationSettings
) -> PreparedDocuments:
    """Do what the settings ask for.

    Args:
        documents: ids are unique.
        settings: what to do; nothing by default.

    Raises:
        SourceError: there is no room on disk for what cannot be held in memory.
    """
    report: dict[str, Any] = {}
    changes = [pl.DataFrame(schema=_CHANGES)]
    if settings.normalize_unicode or settings.maximum_characters is not None:
        documents, report["texts"] = _with_changed_texts(documents, settings)
    if settings.minimum_characters > 0:
        short = _shorter_than(documents, settings.minimum_characters)
        documents = documents.leaving_out(_named(short))
        changes.append(short.select("doc_id", new_id=pl.lit(None, dtype=pl.String)))
        report["too_short_left_out"] = short.height
    if settings.merge_equal_documents:
        merged, report["equal_documents"] = merge_equal_documents(documents)
        documents = documents.leaving_out(_named(merged))
        changes.append(merged)
    return PreparedDocuments(documents, pl.concat(changes), report)


def prepare_source(
    source: Source, prepared: PreparedDocuments, settings: PreparationSettings
) -> Source:
    """The source with prepared documents and queries, its judgements those of these documents."""
    queries = source.queries
    if settings.normalize_unicode:
        texts = pl.Series("text", map(_normalized, queries.table["text"]), dtype=pl.String)
        queries = replace(queries, table=queries.table.with_columns(texts))
    followed = _with_documents(source, prepared.documents, prepared.changes)
    return replace(followed, queries=queries)


def cut_documents(documents: LocatedDocuments, settings: PreparationSettings) -> CutDocuments:
    """Long documents as passages, where the settings ask for it.

    Raises:
        SourceError: a passage would have the id of another document.
    """
    if settings.passage_characters is None:
        return CutDocuments(documents)
    return cut_into_passages(documents, settings.passage_characters, settings.passage_overlap)


def follow_passages(source: Source, cut: CutDocuments) -> Source:
    """The source with passages in place of long documents, all judged as their document is."""
    changes = cut.passages.select(doc_id="document_id", new_id="doc_id")
    return _with_documents(source, cut.documents, changes)


def _with_documents(source: Source, documents: LocatedDocuments, changes: pl.DataFrame) -> Source:
    added, given = source.added_positives, source.given_negatives
    return replace(
        source,
        documents=documents,
        judgements={split: _follow(rows, changes) for split, rows in source.judgements.items()},
        added_positives=None if added is None else _follow(added, changes),
        given_negatives=None if given is None else _follow(given, changes),
    )


def _follow(rows: LocatedRows, changes: pl.DataFrame) -> LocatedRows:
    """The rows, of the documents that theirs have become; none of those that are left out."""
    if changes.is_empty():
        return rows
    table = rows.table.with_columns(pl.col("doc_id").cast(pl.String))
    joined = table.join(
        changes.with_columns(changed=True), on="doc_id", how="left", maintain_order="left"
    )
    followed = joined.with_columns(
        doc_id=pl.when("changed").then("new_id").otherwise("doc_id")
    ).filter(pl.col("doc_id").is_not_null())
    return replace(rows, table=followed.select(rows.table.columns))


def _with_changed_texts(
    documents: LocatedDocuments, settings: PreparationSettings
) -> tuple[LocatedDocuments, dict[str, int]]:
    counts = Counter(unicode_normalized=0, cut=0)
    buffer = DocumentBuffer()
    longest = settings.maximum_characters
    for block in documents.blocks:
        for doc_id, title, text, line in block.iter_rows():
            new_title, new_text = title, text
            if settings.normalize_unicode:
                new_title, new_text = _normalized(title), _normalized(text)
                counts["unicode_normalized"] += (new_title, new_text) != (title, text)
            if longest is not None and len(new_text) > longest:
                new_text = _cut(new_text.strip(), longest)
                counts["cut"] += 1
            buffer.append((doc_id, new_title, new_text, line))
    return buffer.located(documents.name, documents.path), dict(counts)


def _normalized(text: str) -> str:
    """Normalization Form C: letters and their accents as one character where there is one."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _cut(text: str, longest: int) -> str:
    """The beginning of a text, up to the last white space that leaves at least half of it.

    It is not blank where no white space is around the text.
    """
    if len(text) <= longest:
        return text
    beginning = text[: longest + 1]
    place = max(beginning.rfind(space) for space in (" ", "\n", "\t"))
    return text[: place if place >= longest // 2 else longest].rstrip()


def _shorter_than(documents: LocatedDocuments, characters: int) -> pl.DataFrame:
    """The ids of documents that have a text, of fewer characters with title."""
    length = pl.col("title").str.len_chars() + pl.col("text").str.len_chars()
    found = [
        block.filter((length > 0) & (length < characters)).select("doc_id")
        for block in documents.blocks
    ]
    return pl.concat([pl.DataFrame(schema={"doc_id": pl.String}), *found])


def _named(table: pl.DataFrame) -> pl.Expr:
    return pl.col("doc_id").is_in(table["doc_id"].implode())
