"""The reader of pairs: a query and a relevant passage in each row, and negatives perhaps.

These are the tables of sentence-transformers (`anchor, positive, negative_1, ...`), FlagEmbedding
(`query, pos, neg`) and tevatron (`query, positive_passages, negative_passages`), and any other
whose columns are named by `source.columns`. The corpus is all passages of all files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trisampler.corpora.collection import Split
from trisampler.corpora.grades import relevance_in
from trisampler.corpora.jsonl import Record
from trisampler.corpora.pair_columns import find_columns
from trisampler.corpora.pair_files import pair_tables
from trisampler.corpora.passages import NOTE, Passages, Questions
from trisampler.corpora.records import read_table
from trisampler.corpora.rows import RowBuffer
from trisampler.corpora.settings import ColumnNames, SourceSettings
from trisampler.corpora.source import (
    GIVEN_ROWS,
    JUDGEMENT_ROWS,
    LocatedRows,
    Repairs,
    Source,
    SourceFiles,
    hold_outs,
    no_repairs,
)


def read_pairs(settings: SourceSettings, files: SourceFiles) -> Source:
    """Read queries and passages, one row at a time.

    A query's id is a digest of its text, and so is a passage's, unless it is an object with an id.
    A row without a positive is skipped and counted. Where there is a column of relevances, a
    passage of relevance 0 is judged so, and a negative. Rows with columns that are not read are
    counted.

    Raises:
        SourceError: a row that is not of this form, by file and number; or nothing to train on.
    """
    repairs = no_repairs()
    passages, questions = Passages(), Questions()
    judgements: dict[Split, LocatedRows] = {}
    tables = pair_tables(files.root)
    given = None
    for split, paths in tables.items():
        pairs = _Pairs(passages, questions)
        for record in _records(paths, files, repairs):
            pairs.add(record, settings.columns)
        place = paths[0] if len(paths) == 1 else files.root
        name = next(name for name, path in files.paths.items() if path == paths[0])
        judgements[split] = LocatedRows(name, place, pairs.judged.table())
        if split == "train":
            given = LocatedRows(name, place, pairs.given.table())
    if judgements["train"].table.is_empty():
        found = "no row with a query and a positive"
        raise judgements["train"].error(None, found, "Training needs relevant passages")
    return Source(
        passages.rows.located("passages", files.root),
        LocatedRows("questions", files.root, questions.rows.table()),
        judgements,
        hold_outs=hold_outs(settings, "normalized_text", splits_given=len(tables) > 1),
        given_negatives=given,
        repairs=repairs,
        details={"passages": dict(passages.counts)},
        notes=(NOTE,),
    )


def _records(paths: Sequence[Path], files: SourceFiles, repairs: Repairs) -> Iterator[Record]:
    names = {path: name for name, path in files.paths.items()}
    for path in paths:
        yield from read_table(path, repairs[names[path]])


class _Pairs:
    """What the queries of one split are paired with."""

    def __init__(self, passages: Passages, questions: Questions) -> None:
        self.judged = RowBuffer(JUDGEMENT_ROWS)
        self.given = RowBuffer(GIVEN_ROWS)
        self._passages = passages
        self._questions = questions
        self._number = 0

    def add(self, row: Record, names: ColumnNames) -> None:
        self._number += 1
        columns = find_columns(row, names)
        row.count_extra(columns.read | {"dataset"})
        positives = list(_contexts(row, columns.positive))
        if not positives:
            row.repairs["rows_without_positive_skipped"] += 1
            return
        query_id = self._questions.add(row, columns.query, self._number)
        relevance = 1 if columns.relevance is None else relevance_in(row, columns.relevance)
        for context in positives:
            doc_id = self._passages.add(context, self._number)
            if doc_id is None:
                raise context.error("neither title nor text", "Give the passage its text")
            self.judged.append((query_id, doc_id, relevance, self._number))
            if relevance == 0:
                self.given.append((query_id, doc_id, self._number))
        for name in columns.negatives:
            for context in _contexts(row, name):
                doc_id = self._passages.add(context, self._number)
                if doc_id is None:
                    row.repairs["blank_negatives_dropped"] += 1
                else:
                    self.given.append((query_id, doc_id, self._number))


def _contexts(row: Record, name: str) -> Iterator[Record]:
    """The passages in a field: one or a list; each a text, or an object with title and text."""
    value: Any = row.fields.get(name)
    if value is None or value in ("", []):
        return
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        within = f"{name}[{number}]" if isinstance(value, list) else name
        fields = each if isinstance(each, dict) else {"text": each}
        yield replace(row, fields={"title": "", **fields}, within=within)
