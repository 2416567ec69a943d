"""Datasets for sentence-transformers, by hand and beside its own `mine_hard_negatives`."""

from __future__ import annotations

import datasets
import numpy as np
import polars as pl
import pytest

from exports.tables import hand_made
from trisampler.exports import arrow
from trisampler.exports.errors import ExportError
from trisampler.exports.sentence_transformers import mine_hard_negatives, training_dataset

FOUR = "four\u2028lines"
SIX = 'six "quoted"'
TWO = "Two second café"


def rows(**options):
    return training_dataset(*hand_made(), **options).to_list()


def test_triplets():
    found = training_dataset(*hand_made(), output_scores=True)
    assert found.column_names == ["anchor", "positive", "negative", "scores"]
    assert found.to_list() == [
        {"anchor": "first", "positive": "one", "negative": FOUR, "scores": [0.75, 0.5]},
        {"anchor": "first", "positive": "one", "negative": "Five", "scores": [0.75, 0.25]},
        {"anchor": "first", "positive": TWO, "negative": SIX, "scores": [0.875, 0.125]},
        {"anchor": "first", "positive": TWO, "negative": FOUR, "scores": [0.875, 0.5]},
        {
            "anchor": "second\nquery",
            "positive": "Three third 字",
            "negative": "one",
            "scores": [0.5, -0.25],
        },
    ]
    assert training_dataset(*hand_made()).column_names == ["anchor", "positive", "negative"]


def test_a_teachers_scores():
    found = rows(output_scores=True, scores_of="teacher")
    assert [(each["negative"], each["scores"]) for each in found] == [
        (FOUR, [1.0, 0.25]),
        (SIX, [0.5, 0.125]),
        (FOUR, [0.5, 0.25]),
    ]
    pairs = rows(output_format="labeled-pair", output_scores=True, scores_of="teacher")
    assert [each["score"] for each in pairs] == [1.0, 0.5, 0.25, 0.125, 0.5]


def test_a_pair_with_too_few_negatives_is_repeated_or_dropped():
    repeated = rows(output_format="n-tuple", output_scores=True)
    assert [each["negative_2"] for each in repeated] == ["Five", FOUR, "one"]
    assert repeated[2]["scores"] == [0.5, -0.25, -0.25]
    dropped = rows(output_format="n-tuple", incomplete="drop")
    assert [each["positive"] for each in dropped] == ["one", TWO]
    longer = rows(output_format="n-tuple", tuple_size=3)
    assert [each["negative_3"] for each in longer] == [FOUR, SIX, "one"]
    assert list(longer[0]) == ["anchor", "positive", "negative_1", "negative_2", "negative_3"]
    assert rows(output_format="n-tuple", tuple_size=3, incomplete="drop") == []
    shorter = rows(output_format="n-tuple", tuple_size=1)
    assert [each["negative_1"] for each in shorter] == [FOUR, SIX, "one"]


def test_labeled_pairs_have_each_document_of_a_query_once():
    found = rows(output_format="labeled-pair")
    assert [tuple(each.values()) for each in found] == [
        ("first", "one", 1),
        ("first", TWO, 1),
        ("first", FOUR, 0),
        ("first", SIX, 0),
        ("first", "Five", 0),
        ("second\nquery", "Three third 字", 1),
        ("second\nquery", "one", 0),
        ("third", "Three third 字", 1),
    ]
    scored = rows(output_format="labeled-pair", output_scores=True)
    # The score of a positive without negatives is not known.
    assert [each["score"] for each in scored] == [0.75, 0.875, 0.5, 0.125, 0.25, 0.5, -0.25]


def test_labeled_lists():
    found = rows(output_format="labeled-list")
    assert found[0] == {"anchor": "first", "positive": ["one", FOUR, "Five"], "labels": [1, 0, 0]}
    assert found[2]["labels"] == [1, 0]
    scored = rows(output_format="labeled-list", output_scores=True)
    assert scored[1]["scores"] == [0.875, 0.125, 0.5]
    assert len(found) == len(scored) == 3


@pytest.mark.parametrize("output_format", ["triplet", "n-tuple", "labeled-pair", "labeled-list"])
def test_slices_and_emptiness_change_neither_rows_nor_types(output_format, monkeypatch):
    whole = training_dataset(*hand_made(), output_format=output_format, output_scores=True)
    monkeypatch.setattr(arrow, "_ROWS_AT_ONCE", 1)
    sliced = training_dataset(*hand_made(), output_format=output_format, output_scores=True)
    assert sliced.to_list() == whole.to_list()
    negatives, *others, judgements = hand_made()
    empty = training_dataset(
        negatives.clear(),
        *others,
        judgements.clear(),
        output_format=output_format,
        output_scores=True,
        tuple_size=2,
    )
    assert len(empty) == 0
    assert empty.features == sliced.features == whole.features


@pytest.mark.parametrize("form", ["n-tuple", "labeled-list"])
def test_slices_end_where_their_texts_would_be_too_many_bytes(monkeypatch, form):
    whole = training_dataset(*hand_made(), output_format=form)
    assert len(whole.data.table.to_batches()) == 1
    sizes = [
        sum(len(text.encode()) for value in row.values() for text in _strings(value))
        for row in whole.to_list()
    ]
    # The first two rows fit just so, and the third begins another slice.
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", sum(sizes[:2]))
    sliced = training_dataset(*hand_made(), output_format=form)
    assert sliced.to_list() == whole.to_list()
    assert [batch.num_rows for batch in sliced.data.table.to_batches()] == [2, 1]
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", 1)
    assert len(training_dataset(*hand_made(), output_format=form).data.table.to_batches()) == 3


def _strings(value):
    return [text for text in (value if isinstance(value, list) else [value]) if type(text) is str]


def test_what_is_no_format_is_named_before_mining():
    with pytest.raises(ExportError, match="'pairs' is none of 'triplet', 'n-tuple'"):
        rows(output_format="pairs")
    with pytest.raises(ExportError, match="'keep' is none of 'repeat', 'drop'"):
        rows(output_format="n-tuple", incomplete="keep")
    one = datasets.Dataset.from_dict({"text": ["a"]})
    with pytest.raises(ExportError, match="has no column '' for the anchor or the positive"):
        mine_hard_negatives(one, "untrained:0")
    with pytest.raises(ExportError, match=r"has no column 'query'.*it has 'text'"):
        mine_hard_negatives(one, "untrained:0", "query")


# -- beside the original -------------------------------------------------------------------------

FORMATS = [
    (output_format, scores)
    for output_format in ("triplet", "n-tuple", "labeled-pair", "labeled-list")
    for scores in (False, True)
]
WORDS = ("river", "stone", "cloud", "amber", "falcon", "lantern", "meadow", "copper")


@pytest.fixture(scope="module")
def model(tiny_encoder_folder):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(tiny_encoder_folder), device="cpu")


@pytest.fixture(scope="module")
def pairs():
    generator = np.random.default_rng(0)
    positives = [" ".join(generator.choice(WORDS, 8)) for _ in range(40)]
    anchors = [" ".join(generator.permutation(text.split())[:4]) for text in positives]
    return datasets.Dataset.from_dict({"question": anchors, "passage": positives})


@pytest.mark.slow
@pytest.mark.parametrize(("output_format", "scores"), FORMATS)
def test_the_same_dataset_as_the_original_for_the_same_rule(model, pairs, output_format, scores):
    """The top of those 3 % below the positive: without our guard the two must agree."""
    from sentence_transformers.util import mine_hard_negatives as original

    options = {"num_negatives": 3, "output_format": output_format, "output_scores": scores}
    corpus = [" ".join(np.random.default_rng(1).permutation(WORDS)[:k]) for k in range(2, 8)]
    theirs = original(
        pairs, model, corpus=corpus, relative_margin=0.03, range_max=45, verbose=False, **options
    )
    ours = mine_hard_negatives(
        pairs,
        model,
        corpus=corpus,
        sampler="perc-pos",
        parameters={"share": 0.97},
        guard=0.0,
        incomplete="drop",
        **options,
    )
    assert ours.features == theirs.features
    assert ours.column_names == theirs.column_names
    assert len(ours) == len(theirs) > 20
    for one, other in zip(ours.to_list(), theirs.to_list(), strict=True):
        for name in one:
            if name in ("score", "scores"):
                assert one[name] == pytest.approx(other[name], abs=1e-5)
            else:
                assert one[name] == other[name]


@pytest.mark.slow
@pytest.mark.parametrize(("output_format", "scores"), FORMATS)
def test_the_same_columns_with_several_positives(model, output_format, scores):
    from sentence_transformers.util import mine_hard_negatives as original

    several = datasets.Dataset.from_dict(
        {
            "query": ["river stone", "cloud", "river stone", "river stone", "amber"],
            "answer": ["river", "cloud amber", "stone", "river", "amber falcon meadow"],
        }
    )
    options = {"num_negatives": 2, "output_format": output_format, "output_scores": scores}
    theirs = original(several, model, verbose=False, **options)
    ours = mine_hard_negatives(several, model, sampler="top-k", guard=0.0, **options)
    assert ours.features == theirs.features
    assert len(ours) == len(theirs)
    assert ours["query"] == theirs["query"]


@pytest.mark.slow
def test_a_query_with_one_candidate_is_dropped_there_and_kept_here(model):
    from sentence_transformers.util import mine_hard_negatives as original

    few = datasets.Dataset.from_dict(
        {"anchor": ["river", "river", "cloud"], "positive": ["stone", "meadow", "amber"]}
    )
    options = {"num_negatives": 2, "output_format": "n-tuple"}
    theirs = original(few, model, verbose=False, **options)
    ours = mine_hard_negatives(few, model, sampler="top-k", guard=0.0, **options)
    assert list(theirs["anchor"]) == ["cloud"]
    assert list(ours["anchor"]) == ["river", "river", "cloud"]
    assert list(ours["negative_2"])[:2] == ["amber", "amber"]


@pytest.mark.slow
@pytest.mark.parametrize("output_format", ["triplet", "n-tuple"])
def test_the_real_trainer_takes_a_step(tiny_encoder_folder, pairs, output_format, tmp_path):
    import torch
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    model = SentenceTransformer(str(tiny_encoder_folder), device="cpu")
    before = model.encode(["river stone"])
    trained_on = mine_hard_negatives(pairs, model, output_format=output_format)
    arguments = SentenceTransformerTrainingArguments(
        str(tmp_path),
        max_steps=1,
        per_device_train_batch_size=8,
        learning_rate=1e-3,
        report_to="none",
        save_strategy="no",
        use_cpu=True,
    )
    trainer = SentenceTransformerTrainer(
        model, arguments, train_dataset=trained_on, loss=MultipleNegativesRankingLoss(model)
    )
    done = trainer.train()
    assert done.global_step == 1
    assert np.isfinite(done.training_loss)
    assert not torch.equal(torch.tensor(before), torch.tensor(model.encode(["river stone"])))


@pytest.mark.slow
def test_the_real_cross_encoder_trainer_takes_labeled_pairs(tiny_encoder_folder, pairs, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.cross_encoder import (
        CrossEncoder,
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
    )
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss, LambdaLoss

    model = SentenceTransformer(str(tiny_encoder_folder), device="cpu")
    for output_format, loss in (
        ("labeled-pair", BinaryCrossEntropyLoss),
        ("labeled-list", LambdaLoss),
    ):
        reranker = CrossEncoder(str(tiny_encoder_folder), num_labels=1, device="cpu")
        arguments = CrossEncoderTrainingArguments(
            str(tmp_path / output_format),
            max_steps=1,
            per_device_train_batch_size=4,
            report_to="none",
            save_strategy="no",
            use_cpu=True,
        )
        mined = mine_hard_negatives(pairs, model, output_format=output_format)
        trainer = CrossEncoderTrainer(reranker, arguments, train_dataset=mined, loss=loss(reranker))
        assert np.isfinite(trainer.train().training_loss)


def test_a_table_of_a_run_and_one_of_mine_negatives_are_taken_alike():
    from trisampler.negatives import mine_negatives

    vectors = np.eye(4, dtype=np.float32)
    mined = mine_negatives(
        ["a", "b"],
        ["w", "x", "y", "z"],
        [(0, 0), (1, 1)],
        query_vectors=vectors[:2],
        document_vectors=vectors,
        sampler="top-k",
        negatives=2,
    )
    found = training_dataset(mined.table, mined.corpus, mined.queries, mined.judgements)
    assert found.column_names == ["anchor", "positive", "negative"]
    assert len(found) == 4
    assert pl.Series(found["anchor"]).to_list() == ["a", "a", "b", "b"]
