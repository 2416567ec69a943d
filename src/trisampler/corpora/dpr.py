"""The reader of DPR's training data (Karpukhin et al. 2020): questions, each with its passages.

An element has `question`, `positive_ctxs`, `hard_negative_ctxs` and `negative_ctxs`; a passage has
`title`, `text` and mostly `passage_id` or `psg_id`. The corpus is all passages of all files.
"""

from __future__ import annotations

from collections import Counter

from trisampler.corpora.collection import Split
from trisampler.corpora.dpr_files import split_of
from trisampler.corpora.elements import read_elements
from trisampler.corpora.jsonl import Record
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    DOCUMENT_ROWS,
    GIVEN_ROWS,
    JUDGEMENT_ROWS,
    QUERY_ROWS,
    LocatedRows,
    Source,
    SourceFiles,
    hold_outs,
    no_repairs,
)
from trisampler.hashing import digest_text

_ID_NAMES = ("passage_id", "psg_id")
_NEGATIVES = ("hard_negative_ctxs", "negative_ctxs")  # in the order in which they are to be taken
_NOTE = (
    "The corpus is the passages that these files hold, not all of the collection they come from: "
    "measures are higher than they would be on that."
)


def read_dpr(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read questions and passages, one question at a time.

    A question's id is a digest of its text. All its `positive_ctxs` are relevant; a question
    without any is skipped and counted, as DPR does. The other passages of training questions are
    given negatives.

    Raises:
        SourceError: an element that is not of this form, by file and number.
    """
    repairs = no_repairs()
    passages, questions = _Passages(), _Questions()
    judgements: dict[Split, LocatedRows] = {}
    given = None
    for name, path in files.paths.items():
        pairs = _Pairs(passages, questions, repairs[name])
        for element in read_elements(path, repairs[name]):
            pairs.add(element)
        split = split_of(files, name)
        judgements[split] = LocatedRows(name, path, pairs.judged.table())
        if split == "train":
            given = LocatedRows(name, path, pairs.given.table())
    if judgements["train"].table.is_empty():
        skipped = repairs[judgements["train"].name]["questions_without_positive_skipped"]
        found = f"no question with positive_ctxs ({skipped} without)"
        raise judgements["train"].error(None, found, "Training needs relevant passages")
    return Source(
        LocatedRows("passages", files.root, passages.rows.table()),
        LocatedRows("questions", files.root, questions.rows.table()),
        judgements,
        hold_outs=hold_outs(settings, "normalized_text", splits_given=True),
        given_negatives=given,
        repairs=repairs,
        details={"passages": dict(passages.counts)},
        notes=(_NOTE,),
    )


class _Pairs:
    """What the questions of one file are paired with."""

    def __init__(self, passages: _Passages, questions: _Questions, repairs: Counter[str]) -> None:
        self.judged = RowBuffer(JUDGEMENT_ROWS)
        self.given = RowBuffer(GIVEN_ROWS)
        self._passages = passages
        self._questions = questions
        self._repairs = repairs
        self._number = 0

    def add(self, element: Record) -> None:
        self._number += 1
        positives = element.records("positive_ctxs")
        if not positives:
            self._repairs["questions_without_positive_skipped"] += 1
            return
        query_id = self._questions.add(element, self._number)
        for context in positives:
            doc_id = self._passages.add(context, self._number)
            if doc_id is None:
                raise context.error("neither title nor text", "Give the passage its text")
            self.judged.append((query_id, doc_id, 1, self._number))
        for name in _NEGATIVES:
            if element.fields.get(name) is None:
                continue
            for context in element.records(name):
                doc_id = self._passages.add(context, self._number)
                if doc_id is None:
                    self._repairs["blank_negatives_dropped"] += 1
                else:
                    self.given.append((query_id, doc_id, self._number))


class _Questions:
    """The queries of all files, each text once."""

    def __init__(self) -> None:
        self.rows = RowBuffer(QUERY_ROWS)
        self._known: set[str] = set()

    def add(self, element: Record, number: int) -> str:
        """The id of an element's question."""
        text = element.query_text("question")
        query_id = digest_text(text).hex()
        if query_id not in self._known:
            self._known.add(query_id)
            dataset = element.fields.get("dataset")
            source = dataset if isinstance(dataset, str) else ""
            self.rows.append((query_id, text, source, number))
        return query_id


class _Passages:
    """The documents of all files.

    A passage is known by its id and its text. Without an id, a digest of title and text is its id;
    where an id stood with another text before, the digest is added to it.
    """

    def __init__(self) -> None:
        self.rows = RowBuffer(DOCUMENT_ROWS)
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
