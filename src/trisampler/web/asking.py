"""What is asked, and the answers of one or two retrievers beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import Any

from trisampler.corpora.query_text import normalize_query
from trisampler.retrievers.retriever import Hit, Retriever, hits_as_json
from trisampler.web.errors import WebError

MOST_HITS = 100
MOST_CHARACTERS = 2000


@dataclass(frozen=True)
class Answer:
    """What one retriever found.

    Attributes:
        name: the retriever's.
        seconds: that it took.
        hits: the best first.
    """

    name: str
    seconds: float
    hits: Sequence[Hit]

    def place(self, doc_id: str) -> int | None:
        """The rank of a document, from 1; None where it was not found."""
        ids = [hit.doc_id for hit in self.hits]
        return ids.index(doc_id) + 1 if doc_id in ids else None

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        seconds, hits = round(self.seconds, 4), hits_as_json(self.hits)
        return {"name": self.name, "seconds": seconds, "hits": hits}


@dataclass(frozen=True)
class Asked:
    """Retrievers that can be asked, one request at a time.

    Attributes:
        retrievers: by name.
        relevant: normalised query -> documents that are judged relevant to it, where some are.
        examples: queries to start with.
    """

    retrievers: Mapping[str, Retriever]
    relevant: Mapping[str, frozenset[str]] = field(default_factory=dict)
    examples: Sequence[str] = ()
    _turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def names(self) -> list[str]:
        """In the order given."""
        return list(self.retrievers)

    def ask(self, query: str, names: Sequence[str], k: int) -> list[Answer]:
        """The answers of some retrievers.

        Raises:
            WebError: no text or too long a one, no such retriever, or `k` out of range.
        """
        text = query.strip()
        if not text:
            raise WebError("There is no query: give q.")
        if len(text) > MOST_CHARACTERS:
            raise WebError(f"The query has {len(text):,} characters; {MOST_CHARACTERS:,} is most.")
        if not 1 <= k <= MOST_HITS:
            raise WebError(f"k is {k}; it can be 1 to {MOST_HITS}.")
        for name in names:
            if name not in self.retrievers:
                raise WebError(f"There is no system {name!r}; there are {', '.join(self.names)}.")
        return [self._answer(name, text, k) for name in names]

    def judged(self, query: str) -> frozenset[str]:
        """Documents judged relevant to a query of this text."""
        return self.relevant.get(normalize_query(query), frozenset())

    def _answer(self, name: str, text: str, k: int) -> Answer:
        with self._turn:  # an encoder's kernels are changed while it encodes
            started = perf_counter()
            (hits,) = self.retrievers[name].search([text], k)
            return Answer(name, perf_counter() - started, hits)
