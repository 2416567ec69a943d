from io import BytesIO

import numpy as np
import polars as pl
import pytest

from evaluation.drawings import audit, history, plane
from evaluation.tables import measurement_table
from trisampler.evaluation.plots import style
from trisampler.evaluation.plots.plane import plot_plane
from trisampler.evaluation.plots.sampling import plot_sampling
from trisampler.evaluation.plots.systems import plot_systems
from trisampler.evaluation.plots.training import plot_training
from trisampler.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=500)


def pixels(figure):
    from matplotlib.image import imread

    return imread(BytesIO(style.png(figure)))


def is_drawn(figure):
    image = pixels(figure)
    return image.shape[1] == 1800 and image[..., :3].std() > 0.05


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def measurements():
    generator = np.random.default_rng(0)
    return measurement_table(
        {
            (split, system, "nDCG@10"): generator.beta(1, 1, size=queries).tolist()
            for split, queries in (("dev", 50), ("test", 80))
            for system in ("bm25", "encoder_0", "encoder_1")
        }
    )


def test_systems_by_split_with_means_and_intervals():
    figure = plot_systems(measurements(), SETTINGS, seed=0)
    test, dev = figure.axes
    assert (test.get_title("left"), dev.get_title("left")) == (
        "test split, 80 queries",
        "dev split, 50 queries",
    )
    assert test.get_xlabel() == "nDCG@10 (mean, 95% interval)"
    assert [label.get_text() for label in test.get_yticklabels()] == [
        "BM25",
        "encoder_0",
        "encoder_1",
    ]
    means = measurements().filter(split="test").group_by("system").agg(pl.col("value").mean())
    expected = dict(means.iter_rows())
    for row, system in enumerate(("bm25", "encoder_0", "encoder_1")):
        interval, dot = test.lines[2 * row : 2 * row + 2]
        low, high = interval.get_xdata()
        assert dot.get_xdata()[0] == pytest.approx(expected[system])
        assert low < dot.get_xdata()[0] < high
        assert set(interval.get_ydata()) == {row}
    assert is_drawn(figure)


def test_training_has_loss_and_dev_measure_of_each_round():
    figure = plot_training({"round 1": history(1), "round 2": history(2, steps=40)})
    loss, dev = figure.axes
    assert (loss.get_ylabel(), dev.get_ylabel(), dev.get_xlabel()) == (
        "InfoNCE loss",
        "nDCG@10",
        "Step",
    )
    assert legend_of(loss) == ["round 1", "round 2"]
    assert legend_of(dev) == ["round 1: 0.5600 at step 60", "round 2: 0.5400 at step 40"]
    measured = history(1).drop_nulls("loss")
    each, mean = loss.lines[:2]
    assert list(each.get_xdata()) == list(mean.get_xdata()) == measured["step"].to_list()
    assert list(each.get_ydata()) == measured["loss"].to_list()
    assert np.isfinite(mean.get_ydata()).all()
    assert mean.get_ydata()[10] == pytest.approx(measured["loss"][9:11].mean())
    assert is_drawn(figure)


def test_training_without_dev_measure_is_drawn_all_the_same():
    assert is_drawn(plot_training({"round 1": history(1).drop("dev_nDCG@10")}))


def test_the_plane_has_its_boundaries_and_counts():
    points = plane()
    figure = plot_plane(points, "Round 1, tri")
    triangle, margin = figure.axes
    assert triangle.get_xlabel() == "x = cos(q, d-): negative to query"
    assert triangle.get_ylabel() == "y = cos(d+, d-): negative to positive"
    assert triangle.get_xlim() == triangle.get_ylim()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    drawn = points["drawn"].sum()
    assert f"candidates ({points.height - drawn:,})" in legend
    assert f"drawn negatives ({drawn:,})" in legend
    curves = {line.get_label(): line for line in triangle.lines}
    diagonal = curves["y = x: the ReLU keeps what is above"]
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    floor = curves["T1: the 60° screen keeps what is above"]
    a = points["cos_q_pos"].cast(pl.Float64).mean()
    at_a = np.interp(a, floor.get_xdata(), floor.get_ydata())
    assert at_a == pytest.approx(a, abs=1e-4)  # T1 and the ReLU meet at x = a
    assert "drawn negatives: 100% above 0" in legend_of(margin)
    assert is_drawn(figure)


def test_a_plane_without_points_or_draws_is_drawn_all_the_same():
    points = plane()
    for part in (points.clear(), points.filter(pl.col("drawn").not_()), points.filter("drawn")):
        assert is_drawn(plot_plane(part, "Round 1"))


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_sampling_has_the_figures_of_each_round(rounds):
    told = audit(rounds)
    figure = plot_sampling(told)
    relevant, lie, counted, limits = figure.axes
    assert [tick.get_text() for tick in relevant.get_xticklabels()] == [
        f"round {number}" for number in range(1, rounds + 1)
    ]
    bars = {bar.get_label(): bar for bar in relevant.containers}
    drawn = bars["as drawn"].lines[0]
    assert drawn.get_ydata() == pytest.approx([0.04 / n for n in range(1, rounds + 1)])
    assert np.rint(drawn.get_xdata()).tolist() == list(range(1, rounds + 1))
    (ranges,) = bars["as drawn"].lines[2]
    assert ranges.get_segments()[0][:, 1] == pytest.approx([0.036, 0.044])
    assert len(legend_of(lie)) == 4
    assert legend_of(counted)[0] == "effective size of g"
    former = "negatives that the former round had"
    assert (former in legend_of(limits)) == (rounds > 1)
    assert is_drawn(figure)


def test_sampling_says_what_is_missing_and_why():
    relevant, *others = plot_sampling(audit(2, hidden=0)).axes
    assert "audit.hidden_share" in relevant.texts[0].get_text()
    assert all(panel.get_legend() for panel in others)
    nothing = plot_sampling(audit(2, mined=False))
    assert nothing.texts[0].get_text() == "The sampler mines no negatives."
    assert pixels(nothing).shape[1] == 1800


def test_the_same_figure_has_the_same_bytes_and_no_global_state():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    first, second = (style.png(plot_training({"round 1": history(1)})) for _ in range(2))
    assert first == second
    assert dict(mpl.rcParams) == before
