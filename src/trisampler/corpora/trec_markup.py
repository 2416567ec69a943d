"""TREC's marked-up files: topics (`<top>`, `<topic>`) and documents (TRECTEXT's `<DOC>`).

Neither is XML: a topic's fields are not closed, a document's are. Both are read element by element.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trisampler.corpora.blocks import read_blocks
from trisampler.corpora.document_rows import DocumentRow
from trisampler.corpora.errors import SourceError, shown
from trisampler.corpora.identifiers import is_id
from trisampler.corpora.lines import whole_lines_of
from trisampler.corpora.query_text import normalize_query

_TOPIC_START = re.compile(r"<top(?:ic)?\b", re.IGNORECASE)
_TOPIC_END = re.compile(r"</top(?:ic)?>", re.IGNORECASE)
_DOCUMENT_START = re.compile(r"<DOC>", re.IGNORECASE)
_DOCUMENT_END = re.compile(r"</DOC>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")  # not the text of `a < b and c > d`
_NUMBER = re.compile(
    r"<num>\s*(?:number\s*:)?\s*([^\s<]+)|<topic\b[^>]*\bnumber\s*=\s*[\"']([^\"']*)[\"']",
    re.IGNORECASE,
)
# A field goes to the next tag of a topic's own.
_FIELD = r"<{}>(.*?)(?=</?(?:top|topic|num|dom|title|query|question|desc|narr|con|fac|def)\b|\Z)"
_TOPIC_TEXT = [re.compile(_FIELD.format(name), re.I | re.S) for name in ("title", "query", "desc")]
_LABEL = re.compile(r"^\s*(?:topic|description)\s*:", re.IGNORECASE)
_DOCNO = re.compile(r"<DOCNO>(.*?)</DOCNO>", re.I | re.S)
_TITLE = re.compile(r"<(TITLE|HEADLINE|HL|TTL)>(.*?)</\1>", re.I | re.S)
_TEXT = re.compile(r"<(TEXT|BODY)>(.*?)</\1>", re.I | re.S)
_NOT_TEXT = re.compile(r"<(DOCNO|DOCID|DOCHDR|DATE|FILEID)>.*?</\1>", re.I | re.S)


class _Element(NamedTuple):
    text: str
    line: int  # on which it starts


def read_topics(path: Path, repairs: Counter[str]) -> Iterator[tuple[str, str, int]]:
    """Yield number, title (or query, or description) and line of each topic.

    Raises:
        SourceError: a topic that is not closed, has no number, or no title.
    """
    for topic in _elements(path, repairs, _TOPIC_START, _TOPIC_END):
        match = _NUMBER.search(topic.text)
        query_id = next(filter(None, match.groups()), "") if match else ""
        if not is_id(query_id):
            raise SourceError.at(
                path, topic.line, "a topic without a number", "Write <num> Number: 301 in it"
            )
        texts = (pattern.search(topic.text) for pattern in _TOPIC_TEXT)
        text = next(
            filter(normalize_query, (_plain(_LABEL.sub("", found[1])) for found in texts if found)),
            "",
        )
        if not text:
            found = f"topic {shown(query_id)} has neither <title> nor <query> nor <desc>"
            raise SourceError.at(path, topic.line, found, "Give it one, or remove it")
        yield query_id, text, topic.line


def read_trec_documents(path: Path, repairs: Counter[str]) -> Iterator[DocumentRow]:
    """Yield DOCNO, title, text and line of each document.

    The text is what stands in `<TEXT>`, or all but the header where there is none, without tags.

    Raises:
        SourceError: a document that is not closed, or one without a DOCNO.
    """
    for document in _elements(path, repairs, _DOCUMENT_START, _DOCUMENT_END):
        docno = _DOCNO.search(document.text)
        doc_id = docno[1].strip() if docno else ""
        if not is_id(doc_id):
            raise SourceError.at(
                path, document.line, "a document without an id", "Write <DOCNO>FT911-3</DOCNO>"
            )
        title = _TITLE.search(document.text)
        bodies = [match[2] for match in _TEXT.finditer(document.text)]
        body = "\n".join(bodies) if bodies else _NOT_TEXT.sub("", document.text)
        if not bodies and title:
            body = body.replace(title[0], "")
        yield doc_id, _plain(title[2]) if title else "", _plain(body), document.line


def _plain(text: str) -> str:
    """The text without tags, each line without surrounding white space, blank lines dropped."""
    bare = html.unescape(_TAG.sub(" ", text))
    return "\n".join(filter(None, (" ".join(line.split()) for line in bare.splitlines())))


def _elements(
    path: Path, repairs: Counter[str], start: re.Pattern[str], end: re.Pattern[str]
) -> Iterator[_Element]:
    parts: list[str] = []
    first = 0
    for block in read_blocks(path):
        for number, line in whole_lines_of(block, path, repairs):
            rest = line
            while rest:
                opening, closing = start.search(rest), end.search(rest)
                if not parts:
                    if opening is None:
                        break
                    first, rest = number, rest[opening.end() :]
                    parts.append(opening[0])
                    continue
                cut = len(rest) if closing is None else closing.end()
                if opening is not None and opening.start() < cut:
                    raise _not_closed(path, first)
                parts.append(rest[:cut])
                rest = rest[cut:]
                if closing is not None:
                    yield _Element("".join(parts), first)
                    parts = []
    if parts:
        raise _not_closed(path, first)


def _not_closed(path: Path, line: int) -> SourceError:
    return SourceError.at(
        path,
        line,
        "an element that begins here is not closed",
        "Close it by </top>, </topic> or </DOC>; fetch a file again that was cut off",
    )
