"""Keeping some positives from training, to count how many of them are drawn as negatives."""

from __future__ import annotations

import logging

import polars as pl

from trisampler.hashing import unit_interval

_LOGGER = logging.getLogger(__name__)


def hide_judgements(
    judgements: pl.DataFrame, passages: pl.DataFrame, share: float, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part judgements into those that training sees and positives kept back for the audit.

    Which are kept back is a function of seed and ids. Each query keeps at least one relevant
    document; what is judged irrelevant stays visible. All passages of a document are kept back
    together: else those that are would be drawn as negatives beside positives of their document.

    Args:
        judgements: query_id, doc_id, relevance; 1 or more is a positive.
        passages: doc_id, document_id: what of the corpus is a passage of which document.
        share: of the relevant documents to keep back; fewer are, where many queries have only a
            few.
        seed: of the choice.

    Returns:
        The visible and the hidden judgements, in the order of their rows.
    """
    document = pl.coalesce("document_id", "doc_id")
    pairs = judgements.join(passages, on="doc_id", how="left", maintain_order="left")
    chance = pl.Series(
        "_chance",
        [
            unit_interval(seed, "hidden judgement", query_id, document_id)
            for query_id, document_id in pairs.select("query_id", document).iter_rows()
        ],
        dtype=pl.Float64,
    )
    positive = pl.col("relevance") >= 1
    kept_anyway = pl.col("_chance") == pl.col("_chance").filter(positive).max().over("query_id")
    marked = judgements.with_columns(chance).with_columns(
        _hidden=positive & (pl.col("_chance") < share) & ~kept_anyway
    )
    visible = marked.filter(~pl.col("_hidden")).select(judgements.columns)
    hidden = marked.filter("_hidden").select(judgements.columns)
    if share > 0 and hidden.is_empty():
        _LOGGER.warning(
            "A share of %g of the relevant documents was to be hidden, but each query keeps one "
            "and that leaves none to hide: false negatives cannot be counted",
            share,
        )
    return visible, hidden
