from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.toy import Toy
from trisampler.training.batches import Batch, Batches
from trisampler.training.examples import TrainingExamples
from trisampler.training.settings import TrainingSettings


def tables(
    texts: list[str], pairs: set[tuple[int, int]], drawn: set[tuple[int, int]]
) -> TrainingExamples:
    """Documents d0.. with the texts; (query, document) pairs; drawn documents per query."""
    corpus = pl.DataFrame(
        {"doc_id": [f"d{n}" for n in range(len(texts))], "title": "", "text": texts}
    )
    query_ids = sorted({f"q{query}" for query, _ in pairs})
    judged = [(f"q{query}", f"d{document}", 1) for query, document in sorted(pairs)]
    negatives = [
        (f"q{query}", f"d{positive}", f"d{negative}")
        for query, positive in sorted(pairs)
        for asking, negative in sorted(drawn)
        if asking == query and (query, negative) not in pairs
    ]
    names = dict.fromkeys(("query_id", "positive_id", "negative_id"), pl.String)
    return TrainingExamples.build(
        corpus,
        pl.DataFrame({"query_id": query_ids, "text": query_ids}),
        pl.DataFrame(judged, schema=["query_id", "doc_id", "relevance"], orient="row"),
        pl.DataFrame(negatives, schema=names, orient="row"),
    )


def batch_of(examples: TrainingExamples, **changes: object) -> Batch:
    settings = TrainingSettings(batch_queries=64, negatives_per_query=8, **changes)  # type: ignore[arg-type]
    return Batches(examples, settings, seed=0, round_number=1).at(1)


def allowed_ids(examples: TrainingExamples, batch: Batch) -> dict[str, set[str]]:
    return {
        examples.query_ids[row]: {
            examples.document_ids[document]
            for document, may in zip(batch.document_rows_N, allowed, strict=True)
            if may
        }
        for row, allowed in zip(batch.query_rows_B, batch.allowed_BN, strict=True)
    }


def target_ids(examples: TrainingExamples, batch: Batch) -> dict[str, str]:
    rows = batch.document_rows_N[batch.target_B]
    return {
        examples.query_ids[query]: examples.document_ids[row]
        for query, row in zip(batch.query_rows_B, rows, strict=True)
    }


def test_other_positives_of_a_query_are_masked() -> None:
    # q0 has d0 and d1; q1 has d1, so d1 is in the batch whatever q0's target is.
    examples = tables(["a", "b", "c"], {(0, 0), (0, 1), (1, 1)}, {(1, 2)})
    batch = batch_of(examples)
    target = target_ids(examples, batch)["q0"]
    assert allowed_ids(examples, batch)["q0"] == {target, "d2"}
    assert allowed_ids(examples, batch)["q1"] >= {"d1", "d2"}


def test_queries_may_share_their_target_and_their_negatives() -> None:
    examples = tables(["a", "b"], {(0, 0), (1, 0)}, {(0, 1), (1, 1)})
    batch = batch_of(examples)
    assert len(batch.document_rows_N) == 2
    assert target_ids(examples, batch) == {"q0": "d0", "q1": "d0"}
    assert allowed_ids(examples, batch) == {"q0": {"d0", "d1"}, "q1": {"d0", "d1"}}


def test_the_text_of_a_positive_is_never_a_negative() -> None:
    # d2 reads like d0, a positive of q0; q1 brings it in as its own positive.
    examples = tables(["same", "b", "same", "c"], {(0, 0), (1, 2), (2, 1)}, {(0, 2), (0, 3)})
    batch = batch_of(examples)
    assert allowed_ids(examples, batch)["q0"] == {"d0", "d1", "d3"}
    assert [examples.document_texts[row] for row in batch.document_rows_N].count("same") == 1


def test_a_drawn_twin_of_another_positive_is_masked() -> None:
    # d2 reads like d1, the second positive of q0, and was drawn for q0.
    examples = tables(["a", "same", "same", "c"], {(0, 0), (0, 1), (1, 3)}, {(0, 2)})
    batch = batch_of(examples)
    assert allowed_ids(examples, batch)["q0"] == {target_ids(examples, batch)["q0"], "d3"}


def test_without_in_batch_negatives_a_query_sees_its_own_alone() -> None:
    examples = tables(["a", "b", "c", "d"], {(0, 0), (1, 1)}, {(0, 2), (1, 3)})
    batch = batch_of(examples, in_batch_negatives=False)
    assert allowed_ids(examples, batch) == {"q0": {"d0", "d2"}, "q1": {"d1", "d3"}}


small = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=30)


@given(
    texts=st.lists(
        st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), min_size=10, max_size=10
    ),
    pairs=small.filter(bool),
    drawn=small,
    size=st.integers(1, 5),
    negatives=st.integers(1, 3),
    in_batch=st.booleans(),
    seed=st.integers(0, 5),
)
@settings(deadline=None, max_examples=60)
def test_every_negative_of_every_query_is_legitimate(
    texts: list[str],
    pairs: set[tuple[int, int]],
    drawn: set[tuple[int, int]],
    size: int,
    negatives: int,
    in_batch: bool,
    seed: int,
) -> None:
    examples = tables(texts, pairs, drawn)
    settings = TrainingSettings(
        batch_queries=size, negatives_per_query=negatives, in_batch_negatives=in_batch
    )
    batches = Batches(examples, settings, seed=seed, round_number=1)
    positive_texts = {
        f"q{query}": {texts[document] for asking, document in pairs if asking == query}
        for query, _ in pairs
    }
    for step in range(1, 2 * batches.steps_per_epoch + 2):
        batch = batches.at(step)
        in_batch_texts = [examples.document_texts[row] for row in batch.document_rows_N]
        assert len(set(in_batch_texts)) == len(in_batch_texts)
        assert len(set(batch.query_rows_B.tolist())) == len(batch.query_rows_B)
        for line, row in enumerate(batch.query_rows_B):
            query_id, target = examples.query_ids[row], int(batch.target_B[line])
            own = {
                texts[document] for asking, document in drawn if f"q{asking}" == query_id
            } - positive_texts[query_id]
            granted = {
                in_batch_texts[column]
                for column in np.flatnonzero(batch.allowed_BN[line])
                if column != target
            }
            assert in_batch_texts[target] in positive_texts[query_id]
            assert batch.allowed_BN[line, target]
            assert not granted & positive_texts[query_id]
            if in_batch:
                assert granted == set(in_batch_texts) - positive_texts[query_id]
            else:
                assert granted <= own
                assert len(granted) <= negatives


def test_an_epoch_visits_each_query_once(collection: Toy) -> None:
    examples = collection.examples()
    batches = Batches(examples, TrainingSettings(batch_queries=7), seed=1, round_number=1)
    assert batches.steps_per_epoch == 4
    epochs = [
        np.concatenate([batches.at(epoch * 4 + slot).query_rows_B for slot in range(1, 5)]).tolist()
        for epoch in range(3)
    ]
    assert all(len(set(epoch)) == 28 for epoch in epochs)
    assert all(one != other for one, other in pairwise(epochs))


def of_sources(collection: Toy, sources: list[str]) -> TrainingExamples:
    examples = collection.examples()
    assert len(sources) == len(examples)
    return dataclasses.replace(examples, query_sources=sources)


def test_batches_of_one_source_each(collection: Toy) -> None:
    sources = ["a"] * 15 + ["b"] * 13 + ["c"] * 2
    examples = of_sources(collection, sources)
    settings = TrainingSettings(batch_queries=4, one_source_batches=True)
    batches = Batches(examples, settings, seed=1, round_number=1)
    # 15 queries fill three batches, 13 three; the two of c are a batch, if a small one.
    assert batches.steps_per_epoch == 7
    epochs = [[batches.at(epoch * 7 + slot) for slot in range(1, 8)] for epoch in range(2)]
    for epoch in epochs:
        met = [{sources[row] for row in batch.query_rows_B} for batch in epoch]
        assert all(len(each) == 1 for each in met)
        assert sorted(min(each) for each in met) == ["a"] * 3 + ["b"] * 3 + ["c"]
        rows = np.concatenate([batch.query_rows_B for batch in epoch])
        assert len(set(rows.tolist())) == len(rows) == 26
    orders = [[min(sources[row] for row in batch.query_rows_B) for batch in e] for e in epochs]
    assert orders[0] != sorted(orders[0])
    mixed = Batches(examples, TrainingSettings(batch_queries=4), seed=1, round_number=1)
    assert any(len({sources[row] for row in mixed.at(step).query_rows_B}) > 1 for step in (1, 2))


def test_near_duplicates_of_a_positive_are_no_in_batch_negatives(collection: Toy) -> None:
    examples = collection.examples()
    batch = Batches(examples, TrainingSettings(batch_queries=30), seed=1, round_number=1).at(1)
    before = allowed_ids(examples, batch)
    query_id, doc_id = next(
        (query, document)
        for query, documents in sorted(before.items())
        for document in sorted(documents)
        if document != target_ids(examples, batch)[query]
    )
    near = pl.DataFrame({"query_id": [query_id, "unknown"], "doc_id": [doc_id, doc_id]})
    guarded = TrainingExamples.build(
        collection.corpus,
        collection.queries,
        collection.train_judgements,
        collection.negatives.filter(
            (pl.col("query_id") != query_id) | (pl.col("negative_id") != doc_id)
        ),
        near,
    )
    again = Batches(guarded, TrainingSettings(batch_queries=30), seed=1, round_number=1).at(1)
    after = allowed_ids(guarded, again)
    assert doc_id not in after[query_id]
    assert any(doc_id in documents for query, documents in after.items() if query != query_id)
    assert guarded.digest() != examples.digest()


def test_positives_and_negatives_take_turns() -> None:
    texts = [f"text {n}" for n in range(12)]
    pairs = {(0, 0), (0, 1), (0, 2)}
    examples = tables(texts, pairs, {(0, n) for n in range(5, 9)})
    settings = TrainingSettings(batch_queries=1, negatives_per_query=2)
    batches = Batches(examples, settings, seed=0, round_number=1)
    visits = [batches.at(step) for step in range(1, 7)]
    targets = [target_ids(examples, visit)["q0"] for visit in visits]
    assert sorted(targets[:3]) == ["d0", "d1", "d2"]
    assert targets[3:] == targets[:3]
    negatives = [allowed_ids(examples, visit)["q0"] - {"d0", "d1", "d2"} for visit in visits]
    assert negatives[:3] == [{"d5", "d6"}] * 3
    assert negatives[3:] == [{"d7", "d8"}] * 3


@pytest.mark.parametrize("step", [1, 5, 6, 23])
def test_a_step_needs_none_of_those_before(collection: Toy, step: int) -> None:
    examples, settings = collection.examples(), TrainingSettings(batch_queries=6)
    walked = Batches(examples, settings, seed=2, round_number=1)
    for earlier in range(1, step):
        walked.at(earlier)
    jumped = Batches(examples, settings, seed=2, round_number=1)
    for one, other in zip(
        vars(walked.at(step)).values(), vars(jumped.at(step)).values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_seed_and_round_decide_the_batches(collection: Toy) -> None:
    examples, settings = collection.examples(), TrainingSettings(batch_queries=6)
    drawn = {
        (seed, number): tuple(Batches(examples, settings, seed, number).at(1).query_rows_B.tolist())
        for seed in (0, 1)
        for number in (1, 2)
    }
    assert len(set(drawn.values())) == 4


def test_fewer_queries_than_a_batch_are_one_batch(collection: Toy) -> None:
    batches = Batches(collection.examples(), TrainingSettings(batch_queries=1000), 0, 1)
    assert batches.steps_per_epoch == 1
    assert len(batches.at(3).query_rows_B) == 30
