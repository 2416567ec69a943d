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
from trisampler.corpora.passages import NOTE, Passages, Questions
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import SourceSettings
from trisampler.corpora.source import (
    GIVEN_ROWS,
    JUDGEMENT_ROWS,
    LocatedRows,
    Source,
    SourceFiles,
    hold_outs,
    no_repairs,
)

_NEGATIVES = ("hard_negative_ctxs", "negative_ctxs")  # in the order in which they are to be taken


def read_dpr(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read questions and passages, one question at a time.

    A question's id is a digest of its text. All its `positive_ctxs` are relevant; a question
    without any is skipped and counted, as DPR does. The other passages of training questions are
    given negatives.

    Raises:
        SourceError: an element that is not of this form, by file and number.
    """
    repairs = no_repairs()
    passages, questions = Passages(), Questions()
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
        passages.rows.located("passages", files.root),
        LocatedRows("questions", files.root, questions.rows.table()),
        judgements,
        hold_outs=hold_outs(settings, "normalized_text", splits_given=True),
        given_negatives=given,
        repairs=repairs,
        details={"passages": dict(passages.counts)},
        notes=(NOTE,),
    )


class _Pairs:
    """What the questions of one file are paired with."""

    def __init__(self, passages: Passages, questions: Questions, repairs: Counter[str]) -> None:
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
        query_id = self._questions.add(element, "question", self._number)
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
