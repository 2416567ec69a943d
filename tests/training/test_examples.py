from __future__ import annotations

import polars as pl
import pytest

from training.toy import Toy
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples

CORPUS = pl.DataFrame(
    {
        "doc_id": ["a", "b", "c", "d", "e", "f"],
        "title": ["", "", "same", "", "", ""],
        "text": ["one", "two", "text", "same text", "five", "six"],
    }
)
QUERIES = pl.DataFrame({"query_id": ["p", "q", "r"], "text": ["pp", "qq", "rr"]})


def judged(*rows: tuple[str, str, int]) -> pl.DataFrame:
    schema = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def drawn(*rows: tuple[str, str, str]) -> pl.DataFrame:
    schema = dict.fromkeys(("query_id", "positive_id", "negative_id"), pl.String)
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def build(judgements: pl.DataFrame, negatives: pl.DataFrame) -> TrainingExamples:
    return TrainingExamples.build(CORPUS, QUERIES, judgements, negatives)


def documents(examples: TrainingExamples, rows: list[int]) -> list[str]:
    return [examples.document_ids[row] for row in rows]


def test_groups_by_query_and_pair() -> None:
    examples = build(
        judged(("q", "b", 2), ("p", "a", 1), ("q", "a", 1), ("r", "f", 0)),
        drawn(("p", "a", "e"), ("p", "a", "b"), ("q", "b", "e")),
    )
    assert examples.query_ids == ["p", "q"]
    assert examples.query_texts == ["pp", "qq"]
    assert examples.document_ids == ["a", "b", "e"]
    assert documents(examples, examples.positives(0).tolist()) == ["a"]
    assert documents(examples, examples.positives(1).tolist()) == ["a", "b"]
    assert documents(examples, examples.negative_rows[examples.negatives(0)].tolist()) == ["e", "b"]
    assert examples.negative_rows[examples.negatives(1)].tolist() == []
    assert documents(examples, examples.negative_rows[examples.negatives(2)].tolist()) == ["e"]


def test_documents_of_equal_text_are_one() -> None:
    # c and d read the same once title and text are joined.
    examples = build(judged(("p", "d", 1), ("q", "f", 1)), drawn(("q", "f", "c")))
    assert examples.document_ids == ["c", "f"]
    assert examples.document_texts == ["same text", "six"]
    assert documents(examples, examples.positives(0).tolist()) == ["c"]
    assert documents(examples, examples.negative_rows[examples.negatives(1)].tolist()) == ["c"]


def test_row_order_of_the_tables_changes_nothing(collection: Toy) -> None:
    shuffled = TrainingExamples.build(
        collection.corpus.reverse(),
        collection.queries.sample(fraction=1, shuffle=True, seed=1),
        collection.train_judgements.reverse(),
        collection.negatives,
    )
    assert shuffled.digest() == collection.examples().digest()


def test_another_negative_is_another_digest() -> None:
    judgements = judged(("p", "a", 1))
    one, other = drawn(("p", "a", "e")), drawn(("p", "a", "f"))
    assert build(judgements, one).digest() != build(judgements, other).digest()


def test_only_dev_and_test_judgements_left_out(collection: Toy) -> None:
    # The queries table holds the dev queries too; none of them may enter.
    dev = set(collection.dev_judgements["query_id"])
    assert dev
    assert not dev & set(collection.examples().query_ids)


@pytest.mark.parametrize(
    ("judgements", "negatives", "message"),
    [
        (judged(("p", "a", 0)), drawn(), "no positive"),
        (judged(("x", "a", 1)), drawn(), "'x'"),
        (judged(("p", "x", 1)), drawn(), "'x'"),
        (judged(("p", "a", 1)), drawn(("p", "a", "x")), "'x'"),
        (judged(("p", "a", 1)), drawn(("p", "b", "e")), "'p' with document 'b'"),
        (judged(("p", "a", 1), ("p", "b", 1)), drawn(("p", "a", "b")), "'b' is a judged positive"),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    judgements: pl.DataFrame, negatives: pl.DataFrame, message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        build(judgements, negatives)
