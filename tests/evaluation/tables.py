"""Rankings, judgements and measurements for the tests of this folder."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from trisampler.evaluation.metrics import MEASUREMENTS_SCHEMA

# Everything but what separates columns or ends strings; beyond the BMP too.
WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=4
)


def run_table(scores: dict[str, dict[str, float]], dtype: type[pl.DataType] = pl.Float64):
    rows = [(q, d, score) for q, ranking in scores.items() for d, score in ranking.items()]
    schema = {"query_id": pl.String, "doc_id": pl.String, "score": dtype}
    return pl.DataFrame(rows, schema=schema, orient="row")


def judgement_table(relevances: dict[str, dict[str, int]]):
    rows = [(q, d, grade) for q, judged in relevances.items() for d, grade in judged.items()]
    schema = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def measurement_table(values: dict[tuple[str, str, str], list[float]]):
    """{(split, system, measure): values of queries q000, q001, ...}."""
    rows = [
        (split, system, f"q{index:03}", measure, value)
        for (split, system, measure), column in values.items()
        for index, value in enumerate(column)
    ]
    return pl.DataFrame(rows, schema=MEASUREMENTS_SCHEMA, orient="row")


@st.composite
def rankings_and_judgements(draw):
    """Graded judgements and runs with ties, missing queries, unjudged queries and documents."""
    documents = [f"d{index}" for index in range(12)] + ["é", "\U0001f600", "z"]
    judged = st.dictionaries(st.sampled_from(documents), st.integers(0, 3), min_size=1)
    judgements = draw(
        st.dictionaries(st.sampled_from(["q1", "q2", "q3", "q4"]), judged, min_size=1)
    )
    score = st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-23, 1.0 + 1e-12, 2.5, -3.0, 1e-42])
    ranking = st.dictionaries(st.sampled_from(documents), score, min_size=1)
    run = draw(st.dictionaries(st.sampled_from(["q1", "q2", "q3", "q5"]), ranking))
    return run, judgements
