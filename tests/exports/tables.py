"""A round's tables, small enough to be written by hand.

q1 has two positives, whose negatives share d4; q2 has a random negative and titles; q3 has a
positive and no negatives; q4 is judged, but nothing is relevant to it. A teacher has scored all
but d5 with q1 and d1 with q2.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from trisampler.negatives.result_tables import NEGATIVES_SCHEMA


class Tables(NamedTuple):
    negatives: pl.DataFrame
    corpus: pl.DataFrame
    queries: pl.DataFrame
    judgements: pl.DataFrame


def hand_made() -> Tables:
    negatives = [
        ("q1", "d1", "d4", 3, 0.5, 0.75, 0.625, -1.0, "encoder", 0.25, 1.0),
        ("q1", "d1", "d5", 9, 0.25, 0.75, 0.5, -2.0, "lexical", None, 1.0),
        ("q1", "d2", "d6", 4, 0.125, 0.875, 0.5, -1.0, "encoder", 0.125, 0.5),
        ("q1", "d2", "d4", 3, 0.5, 0.875, 0.5, -1.0, "encoder", 0.25, 0.5),
        ("q2", "d3", "d1", None, -0.25, 0.5, 0.0, -3.0, "corpus", None, 0.5),
    ]
    corpus = [
        ("d1", "", "one"),
        ("d2", "Two", "second café"),
        ("d3", "Three", "third 字"),
        ("d4", "", "four\u2028lines"),
        ("d5", "Five", ""),
        ("d6", "", 'six "quoted"'),
    ]
    queries = [("q1", "first"), ("q2", "second\nquery"), ("q3", "third"), ("q4", "fourth")]
    judged = [("q1", "d1", 1), ("q1", "d2", 2), ("q1", "d6", 0), ("q2", "d3", 1), ("q3", "d3", 1),
              ("q4", "d3", 0)]  # fmt: skip
    return Tables(
        pl.DataFrame(negatives, NEGATIVES_SCHEMA, orient="row"),
        pl.DataFrame(corpus, ["doc_id", "title", "text"], orient="row"),
        pl.DataFrame(queries, ["query_id", "text"], orient="row"),
        pl.DataFrame(judged, ["query_id", "doc_id", "relevance"], orient="row"),
    )
