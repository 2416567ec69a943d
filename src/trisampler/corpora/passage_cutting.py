"""Long documents cut into passages that overlap.

Lengths are in characters, which every script has; words need spaces between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trisampler.corpora.document_rows import DocumentBuffer, LocatedDocuments
from trisampler.corpora.errors import shown
from trisampler.corpora.rows import RowBuffer

PASSAGES_SCHEMA = {"doc_id": pl.String, "document_id": pl.String}
_SPACES = " \n\t"


@dataclass(frozen=True)
class CutDocuments:
    """Documents after cutting.

    Attributes:
        documents: passages of long documents, called `<document>#p1`, `#p2`, ...; short ones as
            they were.
        passages: doc_id, document_id (String): of which document a passage is a part, in order; no
            row for a document that was not cut.
        report: how many were cut, and into how many.
    """

    documents: LocatedDocuments
    passages: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PASSAGES_SCHEMA))
    report: dict[str, Any] = field(default_factory=dict)


def cut_into_passages(documents: LocatedDocuments, size: int, overlap: int) -> CutDocuments:
    """Cut each text of more than `size` characters; a passage has its document's title.

    Args:
        documents: those that are blank in the index are dropped.
        size: characters of a passage, at most.
        overlap: characters at most that a passage repeats of the one before, below size / 2.

    Raises:
        SourceError: a passage would have the id of another document.
    """
    buffer, parts = DocumentBuffer(), RowBuffer(PASSAGES_SCHEMA)
    start, cut = 0, 0
    for block in documents.blocks:
        blank = documents.index["blank"].slice(start, block.height)
        start += block.height
        for doc_id, title, text, line in block.filter(~blank).iter_rows():
            if len(text) <= size:
                buffer.append((doc_id, title, text, line))
                continue
            cut += 1
            for number, passage in enumerate(passages_of(text, size, overlap), start=1):
                # Without the letter it would be the id of a function that is defined again.
                passage_id = f"{doc_id}#p{number}"
                buffer.append((passage_id, title, passage, line))
                parts.append((passage_id, doc_id))
    passages = parts.table()
    _check_new(documents, passages)
    report = {"documents_cut": cut, "passages": passages.height}
    return CutDocuments(buffer.located(documents.name, documents.path), passages, report)


def passages_of(text: str, size: int, overlap: int) -> Iterator[str]:
    """Parts of the text, in order, that together have all of it; none is blank.

    A part ends at the last white space of its last quarter, where there is some, and the next one
    begins after white space within the overlap, where there is some.
    """
    parts = (text[start:end].strip() for start, end in _ranges(text, size, overlap))
    return filter(None, parts)


def _ranges(text: str, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > size:
        end = start + size
        space = max(text.rfind(each, end - size // 4, end + 1) for each in _SPACES)
        end = space if space > start else end
        yield start, end
        begin = end - overlap
        spaces = [place for each in _SPACES if (place := text.find(each, begin, end)) >= 0]
        start = min(spaces) + 1 if spaces else begin
    yield start, len(text)


def _check_new(documents: LocatedDocuments, passages: pl.DataFrame) -> None:
    taken = documents.index.filter(pl.col("doc_id").is_in(passages["doc_id"].implode()))
    for doc_id, line in taken.head(1).select("doc_id", "line").iter_rows():
        raise documents.error(
            line,
            f"the document {shown(doc_id)} has the id of a passage of another one",
            "Give it another id, without #p",
        )
