"""FlagEmbedding's training data: JSON lines with `query`, `pos`, `neg`.

After its `AbsEmbedderTrainDataset`. It takes one of the positives, repeats negatives where there
are fewer than it wants, and fails where there is none. It reads files named .json or .jsonl and
skips others without a word, compressed ones among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from trisampler.exports.examples import Example, Examples
from trisampler.exports.files import Exported, text_file, write_lines
from trisampler.exports.pairs import OnePer, ScoresOf


def write_flagembedding(
    path: Path | str,
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None = None,
    *,
    one_per: OnePer = "query",
    teacher_scores: bool = False,
) -> Exported:
    """Write one line an example; those without negatives are left out.

    Args:
        path: the file.
        negatives: a round's, or those of `mine_negatives`.
        corpus: doc_id, title, text.
        queries: query_id, text.
        judgements: what was mined for.
        one_per: a line for each query with all its positives, or for each pair.
        teacher_scores: write the teacher's as `pos_scores` and `neg_scores`, for its
            `knowledge_distillation`. What the teacher has not scored is left out.

    Raises:
        ExportError: tables that do not fit together, or no scores of a teacher.
    """
    scores_of: ScoresOf = "teacher" if teacher_scores else "encoder"
    examples = Examples.build(
        negatives, corpus, queries, judgements, one_per=one_per, scores_of=scores_of
    )
    with text_file(path) as file:
        written = write_lines(
            file,
            (_record(each, scores=teacher_scores) for each in examples if each.negatives),
        )
    return Exported(written, len(examples) - written, examples.unscored)


def _record(example: Example, *, scores: bool) -> dict[str, Any]:
    record: dict[str, Any] = {
        "query": example.query,
        "pos": [passage.whole_text for passage in example.positives],
        "neg": [passage.whole_text for passage in example.negatives],
    }
    if scores:
        record["pos_scores"] = [passage.score for passage in example.positives]
        record["neg_scores"] = [passage.score for passage in example.negatives]
    return record
