"""From what cells left to the comparison's table, tests, text, figure and page."""

from __future__ import annotations

import math
import re
import statistics

import numpy as np
import polars as pl
import pytest

from evaluation.drawings import plane
from evaluation.test_plots import is_drawn
from sampler_cells import cell_of
from trisampler.evaluation.comparison_cells import (
    CellResult,
    cell_facts,
    gather_curves,
    join_histories,
    learning_curve,
)
from trisampler.evaluation.comparison_report import ComparisonContent, render_comparison
from trisampler.evaluation.comparison_table import comparison_table, seed_means
from trisampler.evaluation.comparison_text import comparison_markdown, result_columns
from trisampler.evaluation.dev_target import target_score, way_to_target
from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.plots.curves import plot_curves
from trisampler.evaluation.plots.lines import plot_lines
from trisampler.evaluation.plots.planes import plot_planes
from trisampler.evaluation.sampler_tests import compare_samplers
from trisampler.evaluation.settings import ComparisonSettings, EvaluationSettings
from trisampler.pipelines.comparison.nodes import cell_comparer, comparison_reporter
from trisampler.training.settings import TrainingSettings

SETTINGS = EvaluationSettings(
    measures=("nDCG@10", "RR@10"), summary=("nDCG@10", "RR@10"), permutations=100, resamples=400
)


def history(dev: list[float | None], documents: int = 24) -> pl.DataFrame:
    """Step 0 is before training; every step encodes as many documents."""
    steps = len(dev)
    return pl.DataFrame(
        {
            "step": range(steps),
            "loss": [None, *([1.0] * (steps - 1))],
            "dev_nDCG@10": dev,
            "documents": [None, *([documents] * (steps - 1))],
        },
        schema_overrides={"step": pl.Int32, "documents": pl.Int32, "dev_nDCG@10": pl.Float64},
    )


def diagnostics(sampler: str, seed: int) -> dict:
    told = {
        "settings": {"sampler": sampler, "parameters": {}},
        "formula": f"rule of {sampler}",
        "seed": seed,
        "pairs": 10,
        "negatives": 40,
    }
    if sampler != "in-batch":
        told |= {"candidates_per_pair": 20.0, "drawn_share_leaning_to_positive": 0.75}
    return told


def measurements(mean: float, queries: int, seed: int) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    return pl.DataFrame(
        [
            (split, f"q{query:03}", measure, float(np.clip(generator.normal(mean, 0.1), 0, 1)))
            for split in ("test", "dev")
            for query in range(queries)
            for measure in SETTINGS.measures
        ],
        schema=["split", "query_id", "measure", "value"],
        orient="row",
    )


def cell(
    sampler: str,
    number: int,
    mean: float,
    dev: list[float | None],
    queries: int = 30,
    rounds: int = 1,
):
    run = history(dev)
    false = {"number": 4, "rate": {"value": 0.1 * number}}
    return CellResult(
        sampler,
        number,
        cell_facts(number, diagnostics(sampler, 100 + number), run, false, rounds),
        learning_curve(run),
        measurements(mean, queries, seed=number * 7 + len(sampler)),
    )


CELLS = [
    cell("in-batch", 1, 0.4, [0.1, None, 0.2]),
    cell("in-batch", 2, 0.4, [0.1, None, 0.3]),
    cell("top-k", 1, 0.5, [0.1, None, 0.6, None, 0.5]),
    cell("top-k", 2, 0.5, [0.1, None, 0.2, None, 0.3]),
    cell("tri", 1, 0.8, [0.1, None, 0.45, None, 0.6]),
    cell("tri", 2, 0.8, [0.9, None, 0.2, None, 0.41]),
]
UNTRAINED = {"encoder_0": measurements(0.3, 30, 1)}
MEANS = seed_means(CELLS, UNTRAINED)
TABLE = comparison_table(CELLS, ["encoder_0"], MEANS, "nDCG@10", ["top-k"])
TESTS = compare_samplers(CELLS, ["top-k", "in-batch"], SETTINGS, seed=1)
PLANES = pl.concat(
    plane(queries=4).select(pl.lit(name).alias("sampler"), pl.all()) for name in ("top-k", "tri")
)


def value(sampler: str, column: str):
    return TABLE.row(by_predicate=pl.col("sampler") == sampler, named=True)[column]


def test_a_curve_counts_documents_up_to_each_measurement() -> None:
    curve = learning_curve(history([0.1, None, 0.2, None, 0.5]))
    assert curve.rows() == [
        (0, 0, "nDCG@10", 0.1),
        (2, 48, "nDCG@10", 0.2),
        (4, 96, "nDCG@10", 0.5),
    ]


def test_means_and_spread_are_over_seeds() -> None:
    for split in ("test", "dev"):
        of_seeds = [
            statistics.fmean(
                each.measurements.filter(split=split, measure="nDCG@10")["value"].to_list()
            )
            for each in CELLS
            if each.sampler == "tri"
        ]
        assert value("tri", f"{split}_mean") == pytest.approx(statistics.fmean(of_seeds))
        assert value("tri", f"{split}_spread") == pytest.approx(statistics.stdev(of_seeds))
    assert value("encoder_0", "seeds") == 0
    assert value("encoder_0", "test_spread") is None
    assert value("tri", "false_negative_rate") == pytest.approx(0.15)


def test_the_sampler_bm25_and_the_search_by_it_are_two_rows() -> None:
    """One was trained with lexical hits as negatives; the other is no encoder at all."""
    trained = [cell(name, 1, 0.8, [0.1, None, 0.2]) for name in ("bm25", "top-k")]
    compared = [cell_of(each.sampler, each.number) for each in trained]
    inputs = {
        f"{kind}_of_{named.name}": table
        for named, each, run in zip(compared, trained, [history([0.1, 0.2])] * 2, strict=True)
        for kind, table in (
            ("facts", each.facts),
            ("training_history", run),
            ("measurements", each.measurements),
        )
    }
    table, means, tests, _ = cell_comparer(compared, ["bm25"])(
        SETTINGS,
        ComparisonSettings(baselines=("top-k",)),
        1,
        measurements_of_bm25=measurements(0.3, 30, 1),
        **inputs,
    )
    assert table["sampler"].to_list() == ["bm25", "top-k", "BM25"]
    assert table["test_mean"][0] > 0.6 > table["test_mean"][2]
    assert means.filter(sampler="bm25", split="test", measure="nDCG@10").height == 1
    assert tests["sentence"][0].startswith("bm25 ")
    assert "| bm25 | 1 |" in comparison_markdown(table, tests, "nDCG@10", 0.05)


def test_the_target_is_where_the_baseline_ended_and_not_its_best() -> None:
    assert target_score([each for each in CELLS if each.sampler == "top-k"]) == pytest.approx(0.4)
    assert value("tri", "target") == pytest.approx(0.4)


def test_the_way_to_the_target_is_the_middle_training_s_and_censored_where_half_never_came() -> (
    None
):
    cells = [each for each in CELLS if each.sampler == "tri"]
    assert way_to_target(cells, 0.4) == (2, 0, 0)
    slow = [cell("tri", n, 0.5, dev) for n, dev in enumerate([[0, 0.1], [0, 0.5], [0, None, 0.5]])]
    assert way_to_target(slow, 0.4) == (2, 2, 48)
    assert way_to_target(slow, 0.55) == (0, None, None)
    assert way_to_target([slow[0], slow[0], slow[1]], 0.4) == (1, None, None)
    assert way_to_target(cells, None) == (0, None, None)
    assert value("in-batch", "steps_to_target") is None
    assert value("in-batch", "seeds_at_target") == 0


def test_a_training_without_gain_is_told() -> None:
    assert value("tri", "seeds_without_gain") == 1
    assert value("top-k", "seeds_without_gain") == 0


def test_nothing_measured_on_a_dev_pool_leaves_no_target_and_no_curve() -> None:
    cells = [cell(name, 1, 0.5, [None, None]) for name in ("top-k", "tri")]
    table = comparison_table(cells, [], seed_means(cells, {}), "nDCG@10", ["top-k"])
    assert table["target"].to_list() == [None, None]
    assert "target" not in comparison_markdown(table, TESTS.clear(), "nDCG@10", 0.05)
    assert is_drawn(plot_curves(gather_curves(cells), None))


def test_every_pair_is_compared_once_in_one_family() -> None:
    pairs = TESTS.filter(split="test").select("system", "baseline").rows()
    assert pairs == [("in-batch", "top-k"), ("tri", "top-k"), ("tri", "in-batch")]
    assert set(TESTS["family"]) == {3}
    assert (TESTS["p_holm"] >= TESTS["p_value"]).all()
    row = TESTS.row(0, named=True)
    means = {name: value(name, "test_mean") for name in ("in-batch", "top-k")}
    assert row["difference"] == pytest.approx(means["in-batch"] - means["top-k"])
    assert row["interval_low"] < row["difference"] < row["interval_high"]
    assert row["wins"] + row["losses"] <= row["queries"] == 30


@pytest.mark.parametrize(
    ("baselines", "against"),
    [(["top-k", "in-batch"], {"top-k": "in-batch"}), ([], {"tri": "top-k", "top-k": "tri"})],
)
def test_no_pair_is_compared_both_ways_round(baselines, against) -> None:
    found = compare_samplers(CELLS, baselines, SETTINGS, 1, against).filter(split="test")
    pairs = [frozenset(pair) for pair in found.select("system", "baseline").rows()]
    assert len(pairs) == len(set(pairs)) == found["family"][0]


def test_a_difference_counts_where_both_tests_find_it() -> None:
    assert TESTS["p_value"].equals(
        TESTS.select(pl.max_horizontal("p_bootstrap", "p_student")).to_series(), null_equal=True
    )
    # Three seeds that lie far apart: the bootstrap takes their agreement in sign for evidence.
    far = [cell("top-k", number, 0.2, [0.1]) for number in (1, 2, 3)]
    far += [cell("tri", number, mean, [0.1]) for number, mean in ((1, 0.3), (2, 0.45), (3, 0.7))]
    row = compare_samplers(far, ["top-k"], SETTINGS, 1).row(0, named=True)
    assert row["p_bootstrap"] < 0.05 < row["p_student"] == row["p_value"]
    assert row["interval_low"] < 0 < row["interval_high"]
    assert row["seed_share"] > 0.9
    assert "of the variance between seeds" in row["sentence"]


@pytest.mark.parametrize(("queries", "p_value"), [(1, 1.0), (2, 0.5)])
def test_one_or_two_queries_tell_no_sampler_from_another(queries: int, p_value: float) -> None:
    cells = [
        CellResult(
            name,
            number,
            {},
            pl.DataFrame(),
            measurements(0.0, queries, number).with_columns(value=pl.lit(value)),
        )
        for name, value in (("top-k", 0.63), ("tri", 1.0))
        for number in (1, 2, 3)
    ]
    row = compare_samplers(cells, ["top-k"], SETTINGS, 1).row(0, named=True)
    assert row["p_value"] == p_value
    assert "tri not distinguishable from top-k" in row["sentence"]
    assert "between seeds" not in row["sentence"]
    assert row["detectable"] is row["effect_size"] is None


@pytest.mark.parametrize(("p_holm", "shown"), [(0.0496, "(p = .0496)"), (0.0504, "(p = .050)")])
def test_p_stands_on_the_side_of_the_level_that_it_is_on(p_holm, shown) -> None:
    tests = compare_samplers(CELLS, ["top-k"], SETTINGS, 1).with_columns(p_holm=pl.lit(p_holm))
    for told in (
        comparison_markdown(TABLE, tests, "nDCG@10", 0.05),
        str(result_columns(TABLE, tests, "nDCG@10", 0.05)),
    ):
        assert shown in told


AGAINST = {"tri": "in-batch"}


def test_what_is_tested_against_one_alone_is_in_no_other_pair() -> None:
    found = compare_samplers(CELLS, ["top-k"], SETTINGS, 1, AGAINST)
    pairs = [("in-batch", "top-k"), ("tri", "in-batch")]
    assert found.filter(split="test").select("system", "baseline").rows() == pairs
    assert set(found["family"]) == {2}
    told = result_columns(TABLE, found, "nDCG@10", 0.05)
    assert told["against"] == ["top-k", "-", "in-batch", "-"]
    assert told["difference, test"][1] == "-"
    assert told["difference, test"][2].startswith("+0.")


def test_everyone_s_target_is_set_by_what_it_is_tested_against() -> None:
    ends = {"in-batch": 0.25, "top-k": 0.4}
    table = comparison_table(CELLS, [], MEANS, "nDCG@10", [], AGAINST)
    targets = dict(table.select("sampler", "target").iter_rows())
    assert targets["tri"] == targets["in-batch"] == pytest.approx(ends["in-batch"])
    assert targets["top-k"] == pytest.approx(ends["top-k"])
    tests = compare_samplers(CELLS, [], SETTINGS, 1, AGAINST)
    text = comparison_markdown(table, tests, "nDCG@10", 0.05)
    assert "Target: where the one that it is tested against ended" in text
    assert is_drawn(plot_curves(gather_curves(CELLS), None))


def test_rounds_are_one_history_whose_steps_and_documents_count_on() -> None:
    first, second = history([0.1, None, 0.4]), history([0.4, 0.3, 0.5])
    joined = join_histories([first, second])
    assert joined["step"].to_list() == [0, 1, 2, 3, 4]
    assert joined.schema == first.schema
    assert learning_curve(joined).rows() == [
        (0, 0, "nDCG@10", 0.1),
        (2, 48, "nDCG@10", 0.4),
        (3, 72, "nDCG@10", 0.3),
        (4, 96, "nDCG@10", 0.5),
    ]
    assert join_histories([first]).equals(first)
    facts = cell_facts(1, diagnostics("tri", 7), joined, None)
    assert (facts["steps"], facts["documents"], facts["best_step"]) == (4, 96, 4)


def test_lines_show_differences_at_the_values_in_order_and_the_centre_at_zero() -> None:
    found = compare_samplers(CELLS, ["top-k"], SETTINGS, 1)
    lines = {"b": {"tri": 8.0, "top-k": 2.0}, "a": {"in-batch": 1.0, "unknown": 0.0}}
    figure = plot_lines(found, "top-k", lines)
    first, second = figure.axes[:2]
    assert [panel.get_title(loc="left") for panel in (first, second)] == ["b", "a"]
    assert [text.get_text() for text in first.get_xticklabels()] == ["2", "8"]
    assert [text.get_text() for text in second.get_xticklabels()] == ["1"]
    row = found.filter(split="test", system="tri").row(0, named=True)
    drawn = [line.get_ydata() for line in first.lines]
    assert any(np.allclose(ys, [row["interval_low"], row["interval_high"]]) for ys in drawn)
    assert any(np.allclose(ys, [row["difference"]]) for ys in drawn if len(ys) == 1)
    assert f"{row['system_mean']:.4f}" in {text.get_text() for text in first.texts}
    assert is_drawn(figure)
    assert is_drawn(plot_lines(found.clear(), "top-k", lines))


def test_a_sentence_says_which_is_above_over_how_many_queries_and_seeds() -> None:
    sentence = TESTS.filter(split="test", system="tri", baseline="top-k")["sentence"][0]
    assert sentence.startswith("tri above top-k by 0.")
    assert "n = 30 test queries x 2 seeds" in sentence


def test_the_detectable_difference_shrinks_with_queries() -> None:
    def detectable(queries: int) -> float:
        cells = [cell(name, 1, 0.5, [0.1], queries) for name in ("top-k", "tri")]
        found = compare_samplers(cells, ["top-k"], SETTINGS, 1)["detectable"][0]
        assert found is not None
        return float(found)

    assert detectable(400) < 0.5 * detectable(25)


def test_the_same_comparison_has_the_same_bits_whatever_the_order_of_rows() -> None:
    shuffled = [
        CellResult(
            c.sampler,
            c.number,
            c.facts,
            c.curve,
            c.measurements.sample(fraction=1, shuffle=True, seed=3),
        )
        for c in CELLS
    ]
    again = compare_samplers(shuffled, ["top-k", "in-batch"], SETTINGS, seed=1)
    assert again.equals(TESTS)


def test_unpaired_trainings_are_refused() -> None:
    with pytest.raises(EvaluationError, match="other test queries"):
        compare_samplers(
            [cell("top-k", 1, 0.5, [0.1]), cell("tri", 1, 0.5, [0.1], queries=29)],
            ["top-k"],
            SETTINGS,
            1,
        )
    with pytest.raises(EvaluationError, match=r"seeds \[2\]"):
        compare_samplers(
            [cell("top-k", 1, 0.5, [0.1]), cell("tri", 2, 0.5, [0.1])], ["top-k"], SETTINGS, 1
        )


def test_one_sampler_alone_has_a_table_and_no_tests() -> None:
    alone = CELLS[2:4]
    tests = compare_samplers(alone, ["top-k"], SETTINGS, 1)
    assert tests.is_empty()
    table = comparison_table(alone, [], seed_means(alone, {}), "nDCG@10", ["top-k"])
    assert "against" not in comparison_markdown(table, tests, "nDCG@10", 0.05)


def test_the_text_has_all_rows_and_says_what_was_not_reached() -> None:
    text = comparison_markdown(TABLE, TESTS, "nDCG@10", 0.05)
    tables = text.partition("On test:")[0].strip().split("\n\n")
    for lines in (table.splitlines() for table in tables[:2]):
        assert len({line.count("|") for line in lines}) == 1
    assert "| > 2 | > 48 |" in text
    assert "± " in text
    assert re.search(r"\| tri \| 2 \| .* \| \+0\.\d{4} \(p ", text)


def test_the_curves_have_a_line_per_sampler_and_the_target() -> None:
    figure = plot_curves(gather_curves(CELLS), 0.4)
    (panel,) = figure.axes
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["in-batch", "top-k", "tri"]
    line = next(line for line in panel.lines if line.get_label() == "top-k")
    np.testing.assert_allclose(line.get_xdata(), [0, 48, 96])
    np.testing.assert_allclose(line.get_ydata(), [0.1, 0.4, 0.4])
    assert is_drawn(figure)


def page_of(table: pl.DataFrame, comparison: ComparisonSettings) -> str:
    content = ComparisonContent("a title", table, MEANS, TESTS, gather_curves(CELLS), PLANES)
    return render_comparison(content, SETTINGS, comparison)


@pytest.mark.parametrize(
    ("cells", "comparison", "setters"),
    [
        (CELLS, {"baselines": ("top-k",)}, "top-k"),
        (CELLS[2:], {"baselines": (), "against": {"tri": "top-k"}}, "top-k"),
        (CELLS[:4], {"baselines": ("top-k",), "against": {"top-k": "in-batch"}}, None),
        (CELLS[4:], {"baselines": ()}, "tri"),
    ],
)
def test_the_page_says_whose_end_is_the_target(cells, comparison, setters) -> None:
    settings = ComparisonSettings(**comparison)
    table = comparison_table(cells, [], MEANS, "nDCG@10", settings.baselines, settings.against)
    told = re.search(r"the score on the dev pool at which (.+?) ended", page_of(table, settings))
    assert told is not None
    assert told[1] == (setters or "the one that it is tested against")


def test_what_is_told_of_several_rounds_is_said_to_be_of_the_last() -> None:
    chain = [cell("tri", number, 0.8, [0.1, None, 0.5], rounds=3) for number in (1, 2)]
    table = comparison_table([*CELLS[:4], *chain], [], MEANS, "nDCG@10", ["top-k"])
    assert dict(table.select("sampler", "rounds").iter_rows())["tri"] == 3
    assert "Of several rounds" in comparison_markdown(table, TESTS, "nDCG@10", 0.05)
    page = page_of(table, ComparisonSettings())
    assert "Of several rounds (tri) what is told of negatives is of the last one's." in page
    assert "the same candidates, but for those of several rounds (tri)" in page
    assert "candidates of a first round" in page
    titles = [panel.get_title("left") for panel in plot_planes(table, PLANES).axes]
    assert [title.partition("\n")[0] for title in titles[:2]] == ["top-k", "tri, round 3"]


def test_one_round_needs_no_word() -> None:
    page = page_of(TABLE, ComparisonSettings())
    for told in (page, comparison_markdown(TABLE, TESTS, "nDCG@10", 0.05)):
        assert "rounds" not in told
        assert "last one" not in told


def test_a_page_of_dev_numbers_says_why_there_are_none_of_test() -> None:
    parameters = {
        "workspace": "tuning",
        "evaluation": SETTINGS,
        "comparison": ComparisonSettings(),
        "training": TrainingSettings(),
    }
    only_dev = [table.filter(split="dev") for table in (MEANS, TESTS)]
    pages = {
        test: comparison_reporter([cell_of("tri", 1)], test=test)(
            TABLE, *only_dev, gather_curves(CELLS), PLANES, {}, parameters
        )
        for test in (True, False)
    }
    unseen = "THE TEST SPLIT WAS LEFT UNSEEN (comparison.test: false): these are numbers of the dev"
    assert "NO TEST SPLIT in this source" in pages[True]
    assert "NO TEST SPLIT in this source" not in pages[False]
    assert unseen in pages[False]
    assert unseen not in pages[True]


def test_the_page_stands_alone_and_holds_every_claim() -> None:
    content = ComparisonContent(
        title="a <corpus>",
        table=TABLE,
        means=MEANS,
        tests=TESTS,
        curves=gather_curves(CELLS),
        plane=PLANES,
        formulas={"tri": "g & r"},
        variants={"tri": {"sampler": "tri", "training": {"batch_queries": 4}}},
        drawing_while_training=["adore"],
        ingestion={"documents": 7},
        parameters={"training": {"steps": 4}},
    )
    page = render_comparison(content, SETTINGS, ComparisonSettings())
    assert "a &lt;corpus&gt;" in page
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert page.count("data:image/png;base64,") == 2
    assert "tri.training.batch_queries" in page
    assert "Only the sampler differs" not in page
    assert "nor has what draws while it trains (adore)" in page
    for sentence in TESTS.filter(split="test")["sentence"]:
        assert sentence in page
    assert math.isclose(0.4, value("tri", "target"))
    assert "0.4000, the score on the dev pool at which top-k ended" in page
