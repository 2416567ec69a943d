"""Tevatron's training data, in both of its forms.

`write_tevatron`: JSON lines with the passages in them, which versions 1 and 2 read.
`write_tevatron_ids`: JSON lines with document ids, and the corpus beside them, for version 2 alone:
each text is written once.

Both versions take one of the positives, repeat negatives where there are fewer than they want, and
fail where there is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from trisampler.exports.examples import Examples, Passage
from trisampler.exports.files import Exported, text_file, write_lines
from trisampler.exports.pairs import OnePer


def write_tevatron(
    path: Path | str,
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None = None,
    *,
    one_per: OnePer = "query",
) -> Exported:
    """Write one line an example; those without negatives are left out.

    Args:
        path: the file.
        negatives: a round's, or those of `mine_negatives`.
        corpus: doc_id, title, text.
        queries: query_id, text.
        judgements: what was mined for.
        one_per: a line for each query with all its positives, or for each pair.

    Raises:
        ExportError: tables that do not fit together.
    """
    examples = Examples.build(negatives, corpus, queries, judgements, one_per=one_per)
    with text_file(path) as file:
        written = write_lines(
            file,
            (
                {
                    "query_id": example.query_id,
                    "query": example.query,
                    "positive_passages": [_passage(each) for each in example.positives],
                    "negative_passages": [_passage(each) for each in example.negatives],
                }
                for example in examples
                if example.negatives
            ),
        )
    return Exported(written, len(examples) - written)


def write_tevatron_ids(
    path: Path | str,
    corpus_path: Path | str,
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None = None,
    *,
    one_per: OnePer = "query",
) -> Exported:
    """Write one line an example, and one a document to `corpus_path`, all of the corpus.

    A document's title stands in its text: training with ids does not look at titles, whereas
    encoding does.

    Args:
        path: the file of examples.
        corpus_path: the file of documents.
        negatives: a round's, or those of `mine_negatives`.
        corpus: doc_id, title, text.
        queries: query_id, text.
        judgements: what was mined for.
        one_per: a line for each query with all its positives, or for each pair.

    Raises:
        ExportError: tables that do not fit together.
    """
    examples = Examples.build(negatives, corpus, queries, judgements, one_per=one_per)
    with text_file(path) as file, text_file(corpus_path) as documents:
        written = write_lines(
            file,
            (
                {
                    "query_id": example.query_id,
                    "query_text": example.query,
                    "positive_document_ids": [each.doc_id for each in example.positives],
                    "negative_document_ids": [each.doc_id for each in example.negatives],
                }
                for example in examples
                if example.negatives
            ),
        )
        rows = corpus.select("doc_id", "title", "text").iter_rows()
        write_lines(
            documents,
            ({"docid": doc_id, "text": f"{title} {text}".strip()} for doc_id, title, text in rows),
        )
    return Exported(written, len(examples) - written)


def _passage(passage: Passage) -> dict[str, Any]:
    return {"docid": passage.doc_id, "title": passage.title, "text": passage.text}
