import numpy as np
import polars as pl
import pytest

from evaluation.tables import measurement_table
from trisampler.corpora.query_overlap import overlapping_queries
from trisampler.evaluation.comparisons import compare_systems
from trisampler.evaluation.data_warnings import (
    external_warnings,
    merged_warnings,
    overlap_warnings,
    size_warnings,
    unjudged_warnings,
)
from trisampler.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(
    measures=("nDCG@10", "Judged@10"), summary=("nDCG@10",), permutations=999, resamples=500
)


def queries(prefix, *texts):
    ids = [f"{prefix}{index}" for index in range(len(texts))]
    return pl.DataFrame({"query_id": ids, "text": texts}, schema_overrides={"text": pl.String})


def test_queries_that_are_training_queries_are_counted_word_for_word_and_nearly():
    train = queries("t", "sort a list", "walk through all files of a folder")
    asked = queries(
        "q", "Sort  a list", "walk through all the files of a folder", "list a", "sort a tree"
    )
    same, near = overlap_warnings("test", asked.height, overlapping_queries(asked, train))
    assert same.startswith(
        "1 of 4 test queries (25.0%) are training queries, word for word, such as q0 and training "
        "query t0 (\u201csort a list\u201d)"
    )
    assert near.startswith(
        "1 of 4 test queries (25.0%) share 80% or more of their words with a training query, such "
        "as q1 and training query t1"
    )
    assert "walk through all the" not in near  # the text of a test query is not shown
    none = overlapping_queries(queries("q", "something else"), train)
    assert list(overlap_warnings("dev", 1, none)) == []


def test_training_queries_that_the_source_has_in_later_splits_too():
    moved = {"queries_in_several_splits": {"queries": 1300, "training_queries": 1200}}
    (sentence,) = merged_warnings(moved)
    assert sentence.startswith("1,200 training queries")
    assert list(merged_warnings({"queries_in_several_splits": {"training_queries": 0}})) == []
    assert list(merged_warnings({})) == []


def compared(number, gain, spread=0.3):
    generator = np.random.default_rng(0)
    base = generator.uniform(0.2, 0.6, number)
    noise = generator.normal(0, spread, number)
    after = base + noise - noise.mean() + gain
    values = {
        ("dev", system, "nDCG@10"): column.tolist()
        for system, column in (("bm25", noise), ("encoder_0", base), ("encoder_2", after))
    }
    return compare_systems(measurement_table(values), "encoder_0", SETTINGS, seed=0)


def test_a_split_that_cannot_tell_the_encoders_apart_says_what_it_would_find():
    table = compared(50, 0.01)
    (sentence,) = size_warnings(table, "encoder_2", SETTINGS)
    detectable = table.filter(system="encoder_2")["detectable"][0]
    needed = 50 * (detectable / 0.02) ** 2
    assert sentence.startswith(
        "The dev split, 50 queries, is too small to tell encoder_2 from encoder_0: it would find a "
        f"difference of {detectable:.3f} nDCG@10 four times in five, and +0.010 was measured. "
    )
    told = int(sentence.split("about ")[1].split(" ")[0].replace(",", ""))
    assert abs(told - needed) < 0.05 * needed


def test_a_split_that_tells_them_apart_or_would_see_what_matters_is_large_enough():
    assert list(size_warnings(compared(50, 0.3), "encoder_2", SETTINGS)) == []
    assert list(size_warnings(compared(3000, 0.0001), "encoder_2", SETTINGS)) == []
    assert list(size_warnings(compared(50, 0.0, spread=0.0), "encoder_2", SETTINGS)) == []


@pytest.mark.parametrize(("queries", "told"), [(1, "1 query"), (5, "5 queries")])
def test_few_queries_tell_nothing_however_large_the_difference(queries, told):
    # Signs of five alike have p 2 / 32 at least, and two comparisons share the level of .05.
    (sentence,) = size_warnings(compared(queries, 0.3), "encoder_2", SETTINGS)
    assert sentence == f"The dev split has {told}, too few to tell encoder_2 from encoder_0."


def test_systems_whose_first_results_nobody_judged_are_named_with_shares():
    measured = measurement_table(
        {
            ("test", "bm25", "Judged@10"): [0.6, 0.8],
            ("test", "encoder_0", "Judged@10"): [0.2, 0.0],
            ("test", "encoder_1", "Judged@10"): [0.5, 0.3],
            ("dev", "encoder_0", "Judged@10"): [0.5, 0.5],
            ("dev", "encoder_0", "nDCG@10"): [0.0, 0.0],
        }
    )
    (sentence,) = unjudged_warnings(measured)
    assert sentence.startswith(
        "Most of the first 10 results on test are unjudged and count as not relevant "
        "(encoder_0 90%, encoder_1 60%)"
    )


def test_holes_in_run_files_are_told():
    told = {
        "queries": 300,
        "queries_without_results": 12,
        "results": 2000,
        "results_not_in_the_corpus": 10,
    }
    whole = told | {"queries_without_results": 0, "results_not_in_the_corpus": 0}
    holes, unknown = external_warnings({"splade": {"test": told, "dev": whole}})
    assert holes == (
        "The test run file of splade has no results for 12 of 300 judged queries (4.0%): they "
        "count as 0."
    )
    assert unknown == (
        "In the test run file of splade 10 of 2,000 results (0.5%) are documents that the corpus "
        "does not have; they count as not relevant."
    )
