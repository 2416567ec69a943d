"""DPR's retriever training data: a JSON array of questions with three kinds of passages.

After the form in the README of facebookresearch/DPR and what its `JsonQADataset` reads. There are
no answers here; its retriever does not look at them in training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from trisampler.exports.examples import Example, Examples, Passage
from trisampler.exports.files import Exported, as_json, text_file
from trisampler.exports.pairs import OnePer
from trisampler.negatives.drawn import FALLBACK

_RANDOM = frozenset(("corpus", FALLBACK))


def write_dpr(
    path: Path | str,
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None = None,
    *,
    one_per: OnePer = "query",
) -> Exported:
    """Write one element an example, with or without negatives.

    Negatives drawn at random from the corpus are `negative_ctxs`, all others `hard_negative_ctxs`.

    Args:
        path: the file.
        negatives: a round's, or those of `mine_negatives`.
        corpus: doc_id, title, text.
        queries: query_id, text.
        judgements: what was mined for.
        one_per: an element for each query with all its positives, or for each pair.

    Raises:
        ExportError: tables that do not fit together.
    """
    examples = Examples.build(negatives, corpus, queries, judgements, one_per=one_per)
    with text_file(path) as file:
        file.write("[")
        for number, example in enumerate(examples):
            file.write(",\n" if number else "\n")
            file.write(as_json(_record(example)))
        file.write("\n]\n")
    return Exported(len(examples))


def _record(example: Example) -> dict[str, Any]:
    drawn = example.negatives
    return {
        "question": example.query,
        "answers": [],
        "positive_ctxs": [_context(each) for each in example.positives],
        "negative_ctxs": [_context(each) for each in drawn if each.source in _RANDOM],
        "hard_negative_ctxs": [_context(each) for each in drawn if each.source not in _RANDOM],
    }


def _context(passage: Passage) -> dict[str, Any]:
    context = {"passage_id": passage.doc_id, "title": passage.title, "text": passage.text}
    return context if passage.score is None else {**context, "score": passage.score}
