"""For sentence-transformers: datasets as its `mine_hard_negatives` makes them.

Columns, their types and their order are those of version 6.2. What differs: a pair that has fewer
negatives than asked for keeps its place in n-tuples, see `Incomplete`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.corpora.documents import document_texts
from trisampler.exports.arrow import text_dataset
from trisampler.exports.dataset_rows import (
    Incomplete,
    OutputFormat,
    check_format,
    dataset_rows,
)
from trisampler.exports.errors import ExportError
from trisampler.exports.pairs import ScoresOf, read_pairs
from trisampler.negatives.text_embeddings import AnyEncoder
from trisampler.negatives.text_mining import mine_negatives

if TYPE_CHECKING:
    import datasets

_NUMBERS = frozenset(("label", "labels", "score", "scores"))


def training_dataset(
    negatives: pl.DataFrame,
    corpus: pl.DataFrame,
    queries: pl.DataFrame,
    judgements: pl.DataFrame | None = None,
    *,
    output_format: OutputFormat = "triplet",
    output_scores: bool = False,
    scores_of: ScoresOf = "encoder",
    incomplete: Incomplete = "repeat",
    tuple_size: int | None = None,
    anchor_column: str = "anchor",
    positive_column: str = "positive",
) -> datasets.Dataset:
    """The negatives as a dataset for a SentenceTransformerTrainer, or for a CrossEncoderTrainer.

    Args:
        negatives: a round's, or those of `mine_negatives`.
        corpus: doc_id, title, text; a document's text here is its title and its text.
        queries: query_id, text.
        judgements: what was mined for.
        output_format: what a row is.
        output_scores: give scores: beside the texts of triplets and n-tuples, the positive's
            first; in place of labels otherwise.
        scores_of: whose; the teacher's are for distillation.
        incomplete: what becomes of pairs with too few negatives for an n-tuple.
        tuple_size: n, the negatives in an n-tuple; by default as many as any pair has.
        anchor_column: name of the queries' column.
        positive_column: name of the column of positives, or of documents with labels.

    Returns:
        Rows in the order of query ids and positive ids.

    Raises:
        ExportError: tables that do not fit together, an unknown format, or no `datasets`.
    """
    check_format(output_format, incomplete)
    found = read_pairs(negatives, corpus, queries, judgements, scores_of)
    rows = dataset_rows(found, output_format, incomplete, tuple_size, scores=output_scores)
    documents = pl.Series(document_texts(corpus), dtype=pl.String)
    texts = {name: documents for name in rows.columns if name not in _NUMBERS}
    texts["anchor"] = queries["text"]
    names = {"anchor": anchor_column, "positive": positive_column}
    return text_dataset(rows.rename(names), {names.get(key, key): texts[key] for key in texts})


def mine_hard_negatives(
    dataset: datasets.Dataset,
    model: AnyEncoder,
    anchor_column_name: str | None = None,
    positive_column_name: str | None = None,
    corpus: list[str] | None = None,
    *,
    num_negatives: int = 3,
    output_format: OutputFormat = "triplet",
    output_scores: bool = False,
    incomplete: Incomplete = "repeat",
    depth: int = 200,
    seed: int = 0,
    **sampling: Any,
) -> datasets.Dataset:
    """In place of `sentence_transformers.util.mine_hard_negatives`, with the samplers of this one.

    Its ranges and margins are samplers here: `relative_margin=0.05` is `sampler="perc-pos"`,
    `absolute_margin=0.05` is `sampler="margin-pos"`, both taking the top, and `range_max` is
    `depth`. Anchors whose normalised texts are equal are one query; it has the
    positives of all.

    Args:
        dataset: (anchor, positive) pairs.
        model: a SentenceTransformer, whose `encode_query` and `encode_document` apply its prompts;
            or what `mine_negatives` takes.
        anchor_column_name: by default the first column.
        positive_column_name: by default the second column.
        corpus: texts that can be negatives besides the positives of the dataset.
        num_negatives: for each pair.
        output_format: what a row is.
        output_scores: as in `training_dataset`.
        incomplete: as in `training_dataset`.
        depth: candidates of each anchor.
        seed: of the draw. The noise is keyed by the order in which texts come first.
        **sampling: fields of `SamplingSettings`: sampler, parameters, temperature, guard, pools.

    Raises:
        ExportError: the dataset has no two columns.
        NegativesError: what `mine_negatives` raises.
    """
    check_format(output_format, incomplete)
    anchors, positives = _columns(dataset, anchor_column_name, positive_column_name)
    queries = list(dict.fromkeys(dataset[anchors]))
    documents = list(dict.fromkeys([*(corpus or ()), *dataset[positives]]))
    query_row = {text: row for row, text in enumerate(queries)}
    document_row = {text: row for row, text in enumerate(documents)}
    mined = mine_negatives(
        queries,
        documents,
        (
            (query_row[anchor], document_row[positive])
            for anchor, positive in zip(dataset[anchors], dataset[positives], strict=True)
        ),
        model,
        depth=depth,
        seed=seed,
        negatives=num_negatives,
        **sampling,
    )
    return training_dataset(
        mined.table,
        mined.corpus,
        mined.queries,
        mined.judgements,
        output_format=output_format,
        output_scores=output_scores,
        incomplete=incomplete,
        tuple_size=num_negatives,
        anchor_column=anchors,
        positive_column=positives,
    )


def _columns(
    dataset: datasets.Dataset, anchor: str | None, positive: str | None
) -> tuple[str, str]:
    known = list(dataset.column_names)
    names = anchor or next(iter(known), ""), positive or next(iter(known[1:]), "")
    for name in names:
        if name not in known:
            raise ExportError(
                f"the dataset has no column {name!r} for the anchor or the positive; it has "
                f"{', '.join(map(repr, known)) or 'none'}"
            )
    return names
