"""Questions and passages that stand in each other's records, collected: each once, with an id."""

from __future__ import annotations

from collections import Counter

from trisampler.corpora.document_rows import DocumentBuffer
from trisampler.corpora.jsonl import Record
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.source import QUERY_ROWS
from trisampler.hashing import digest_text

NOTE = (
    "The corpus is the passages that these files hold, not all of the collection they come from: "
    "measures are higher than they would be on that."
)
_ID_NAMES = ("passage_id", "psg_id", "docid", "doc_id")


class Questions:
    """The queries of all files, each text once."""

    def __init__(self) -> None:
        self.rows = RowBuffer(QUERY_ROWS)
        self._known: set[str] = set()

    def add(self, element: Record, name: str, number: int) -> str:
        """The id of the question in the field `name` of an element."""
        text = element.query_text(name)
        query_id = digest_text(text).hex()
        if query_id not in self._known:
            self._known.add(query_id)
            dataset = element.fields.get("dataset")
            source = dataset if isinstance(dataset, str) else ""
            self.rows.append((query_id, text, source, number))
        return query_id


class Passages:
    """The documents of all files.

    A passage is known by its id and its text. Without an id, a digest of title and text is its id;
    where an id stood with another text before, the digest is added to it: the first of the texts in
    the order of the files and their lines has the id as it is.
    """

    def __init__(self) -> None:
        self.rows = DocumentBuffer()
        self.counts = Counter(different=0, without_id=0, with_the_id_of_another=0)
        self._contents: dict[str, bytes] = {}

    def add(self, context: Record, number: int) -> str | None:
        """The id of a context's passage; None where it has neither title nor text."""
        title, text = context.optional_text("title"), context.text("text")
        if not title and not text:
            return None
        content = digest_text(f"{title}\0{text}")
        named = next((name for name in _ID_NAMES if context.fields.get(name) not in (None, "")), "")
        doc_id = context.id(named) if named else content.hex()
        taken = self._contents.get(doc_id, content) != content
        if taken:
            doc_id = f"{doc_id}#{content.hex()}"
        if doc_id not in self._contents:
            self._contents[doc_id] = content
            self.counts.update(different=1, without_id=not named, with_the_id_of_another=taken)
            self.rows.append((doc_id, title, text, number))
        return doc_id
