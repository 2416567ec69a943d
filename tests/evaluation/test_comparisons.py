import math

import numpy as np
import polars as pl
import pytest

from evaluation.tables import measurement_table
from trisampler.evaluation.comparisons import COMPARISONS_SCHEMA, compare_systems
from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.paired import paired_difference
from trisampler.evaluation.sentences import comparison_sentence, p_value_text
from trisampler.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(
    measures=("nDCG@10", "AP"), summary=("nDCG@10",), permutations=1000, resamples=1000
)


def drawn(seed, mean, queries=300):
    return np.clip(np.random.default_rng(seed).normal(mean, 0.2, queries), 0, 1).tolist()


def example():
    base = drawn(0, 0.5)
    better = [min(1.0, value + 0.05 * (index % 3)) for index, value in enumerate(base)]
    return measurement_table(
        {
            ("dev", "encoder_0", "nDCG@10"): base,
            ("dev", "bm25", "nDCG@10"): drawn(1, 0.3),
            ("dev", "encoder_1", "nDCG@10"): better,
            ("dev", "same", "nDCG@10"): base,
            ("dev", "encoder_0", "AP"): base,
            ("dev", "bm25", "AP"): drawn(2, 0.5),
            ("dev", "encoder_1", "AP"): drawn(3, 0.5),
            ("dev", "same", "AP"): base,
        }
    )


def row_of(table, system, measure="nDCG@10"):
    return table.row(
        by_predicate=(pl.col("system") == system) & (pl.col("measure") == measure), named=True
    )


def test_one_row_per_split_measure_and_other_system():
    table = compare_systems(example(), "encoder_0", SETTINGS, seed=1)
    assert table.schema == COMPARISONS_SCHEMA
    assert table.select("measure", "system").rows() == [
        (measure, system)
        for measure in ("nDCG@10", "AP")
        for system in ("bm25", "encoder_1", "same")
    ]
    assert set(table["family"]) == {3}
    assert (
        table.select("p_value", "interval_low", "interval_high", "difference")
        .null_count()
        .sum_horizontal()[0]
        == 0
    )


def test_figures_of_a_comparison_against_numpy():
    measured = example()
    row = row_of(compare_systems(measured, "encoder_0", SETTINGS, seed=1), "bm25")
    values = {
        system: measured.filter(system=system, measure="nDCG@10")["value"].to_numpy()
        for system in ("bm25", "encoder_0")
    }
    differences = values["bm25"] - values["encoder_0"]
    deviation = differences.std(ddof=1)
    assert row["queries"] == 300
    assert row["system_mean"] == pytest.approx(values["bm25"].mean())
    assert row["sentence"].startswith("BM25 ")
    assert row["baseline_mean"] == pytest.approx(values["encoder_0"].mean())
    assert row["difference"] == pytest.approx(differences.mean())
    assert row["effect_size"] == pytest.approx(differences.mean() / deviation)
    # Normal quantiles at .05 / 3, two-sided, as the first of three, and at a power of .8.
    assert row["detectable"] == pytest.approx((2.393980 + 0.841621) * deviation / math.sqrt(300))
    assert (row["wins"], row["losses"]) == ((differences > 0).sum(), (differences < 0).sum())
    error = deviation / math.sqrt(300)
    assert row["interval_low"] == pytest.approx(differences.mean() - 1.96 * error, abs=0.3 * error)
    assert row["interval_high"] == pytest.approx(differences.mean() + 1.96 * error, abs=0.3 * error)
    assert row["p_value"] == 1 / 1001
    assert row["p_holm"] == pytest.approx(3 / 1001)


def test_equal_systems_are_not_distinguished_and_have_no_effect_size():
    row = row_of(compare_systems(example(), "encoder_0", SETTINGS, seed=1), "same")
    assert (row["difference"], row["p_value"], row["p_holm"]) == (0.0, 1.0, 1.0)
    assert row["effect_size"] is None
    assert row["detectable"] is None


def test_row_order_changes_nothing_and_swapping_sides_only_the_sign():
    measured = example()
    table = compare_systems(measured, "encoder_0", SETTINGS, seed=1)
    shuffled = measured.sample(fraction=1.0, shuffle=True, seed=2).sort(
        pl.col("measure").replace_strict({"nDCG@10": 0, "AP": 1}), maintain_order=True
    )
    assert compare_systems(shuffled, "encoder_0", SETTINGS, seed=1).equals(table)
    forth = row_of(table, "encoder_1")
    back = row_of(compare_systems(measured, "encoder_1", SETTINGS, seed=1), "encoder_0")
    assert back["difference"] == -forth["difference"]
    assert back["p_value"] == forth["p_value"]


def test_few_queries_are_tested_exactly():
    few = measurement_table(
        {("test", "a", "AP"): [0.9, 0.8, 0.7, 0.9], ("test", "b", "AP"): [0.1, 0.2, 0.3, 0.5]}
    )
    row = compare_systems(few, "b", SETTINGS, seed=0).row(0, named=True)
    assert row["exact"]
    assert row["p_value"] == 2 / 16
    assert row["sentence"].startswith(
        "a not distinguishable from b in AP: p = .12, n = 4 test queries"
    )


def test_a_baseline_alone_has_no_comparisons():
    alone = measurement_table({("test", "encoder_0", "AP"): [0.5, 0.6]})
    table = compare_systems(alone, "encoder_0", SETTINGS, seed=0)
    assert table.is_empty()
    assert table.schema == COMPARISONS_SCHEMA


def test_an_unmeasured_baseline_is_named_with_what_there_is():
    with pytest.raises(
        EvaluationError, match=r"'encoder_9' was not measured on dev.*bm25, encoder_0"
    ):
        compare_systems(example(), "encoder_9", SETTINGS, seed=0)


def test_systems_measured_on_other_queries_are_not_compared():
    uneven = measurement_table({("dev", "a", "AP"): [0.5, 0.6], ("dev", "b", "AP"): [0.5]})
    with pytest.raises(EvaluationError, match="b was measured on other dev queries"):
        compare_systems(uneven, "a", SETTINGS, seed=0)


def comparison(**changes):
    row = {
        "split": "dev",
        "system": "encoder_1",
        "baseline": "encoder_0",
        "measure": "nDCG@10",
        "queries": 431,
        "difference": 0.0721,
        "interval_low": 0.0502,
        "interval_high": 0.0938,
        "detectable": 0.0315,
        "p_holm": 0.0001,
        "family": 1,
    }
    return comparison_sentence(row | changes, alpha=0.05)


def test_sentences_word_by_word():
    assert comparison() == (
        "encoder_1 above encoder_0 by 0.072 nDCG@10 "
        "(95% interval 0.050 to 0.094, p = .0001, n = 431 dev queries)"
    )
    worse = {"difference": -0.0721, "interval_low": -0.0938, "interval_high": -0.0502}
    assert comparison(system="BM25", family=3, p_holm=0.00001, **worse) == (
        "BM25 below encoder_0 by 0.072 nDCG@10 "
        "(95% interval 0.050 to 0.094, Holm-corrected p < .0001, n = 431 dev queries)"
    )
    unclear = {"difference": 0.0041, "interval_low": -0.006, "interval_high": 0.0133}
    assert comparison(p_holm=0.31, queries=300, **unclear) == (
        "encoder_1 not distinguishable from encoder_0 in nDCG@10: p = .31, n = 300 dev queries "
        "(difference +0.004, 95% interval -0.006 to +0.013; "
        "four times in five, 0.032 would be found)"
    )
    assert comparison(p_holm=1.0, detectable=None, **unclear).endswith("-0.006 to +0.013)")


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(1.0, "1"), (0.996, "1"), (0.314, ".31"), (0.0499, ".050"), (0.0494, ".049"), (0.012, ".012"),
     (0.0049, ".0049"), (0.00021, ".0002"), (1 / 10_001, ".0001"), (0.00004, "< .0001")],
)  # fmt: skip
def test_p_values_in_print(p_value, text):
    assert p_value_text(p_value) == text


@pytest.mark.parametrize(
    ("p_value", "alpha", "text"),
    [(0.0499, 0.05, ".0499"), (0.04999, 0.05, ".04999"), (0.05, 0.05, ".050"), (0.31, 0.05, ".31")],
)
def test_a_p_value_is_printed_on_its_side_of_the_level(p_value, alpha, text):
    assert p_value_text(p_value, alpha) == text


def test_a_sentence_says_when_seeds_are_most_of_what_is_uncertain():
    assert "n = 431 dev queries x 3 seeds, 80% of the variance between seeds)" in comparison(
        seeds=3, seed_share=0.8
    )
    assert "n = 431 dev queries x 3 seeds)" in comparison(seeds=3, seed_share=0.2)


def test_an_interval_of_an_uneven_level_is_named_as_it_is():
    row = {"seeds": 1, "seed_share": 0.0, "p_holm": 0.5, "family": 1, "queries": 3, "split": "dev"}
    row |= {"system": "a", "baseline": "b", "measure": "AP", "difference": 0.1, "detectable": None}
    assert "97.5% interval" in comparison_sentence(
        row | {"interval_low": 0.0, "interval_high": 0.2}, alpha=0.025
    )


def test_equal_values_in_another_order_of_seeds_are_neither_won_nor_lost():
    ranks = np.array([[1.0], [0.6309297535714575], [0.43067655807339306]])
    pair = paired_difference(ranks, np.roll(ranks, 1))
    assert (pair.wins, pair.losses) == (0, 0)
    assert paired_difference(ranks + 0.01, ranks).wins == 1
