"""The survey of samplers as a table and as a figure."""

from __future__ import annotations

import polars as pl
import pytest

from evaluation.drawings import plane
from evaluation.test_plots import is_drawn
from trisampler.evaluation.plots.planes import plot_planes
from trisampler.evaluation.survey_table import survey_markdown
from trisampler.negatives.survey import SURVEY_SCHEMA

ROWS = [
    ("tri", "g, r", 40, 12.34, 0.961, 0.2, 0.0, 3, 0.075, 0.02, 0.15),
    ("in-batch", "none", 0, None, None, None, None, 0, None, None, None),
    ("top-k", "1 / K", 40, 30.0, 0.5, 0.25, 0.0, 6, 0.15, 0.1, 0.25),
]
TABLE = pl.DataFrame(ROWS, schema=SURVEY_SCHEMA, orient="row")


def test_a_row_per_sampler_and_dashes_for_what_it_has_not():
    lines = survey_markdown(TABLE).splitlines()
    assert lines[0].startswith("| sampler | negatives | effective sample size | r > 0 |")
    assert lines[2] == "| `tri` | 40 | 12.3 | 96.1% | 20.0% | 0.0% | 7.50% (2.00% to 15.00%) |"
    assert lines[3] == "| `in-batch` | 0 | - | - | - | - | - |"
    assert len({line.count("|") for line in lines}) == 1


def test_columns_nobody_has_a_value_in_are_left_out():
    nothing_hidden = TABLE.with_columns(
        pl.lit(None, dtype=SURVEY_SCHEMA[name]).alias(name)
        for name in SURVEY_SCHEMA
        if name.startswith("false_")
    )
    assert "false negatives" not in survey_markdown(nothing_hidden)


def test_a_panel_for_every_sampler_that_drew():
    points = plane()
    planes = pl.concat(
        [points.select(pl.lit(name).alias("sampler"), pl.all()) for name in ("tri", "top-k")]
    )
    figure = plot_planes(TABLE, planes)
    titles = [panel.get_title(loc="left") for panel in figure.axes if panel.axison]
    assert titles == ["tri\nr > 0: 96%, false: 7.5%", "top-k\nr > 0: 50%, false: 15.0%"]
    limits = {panel.get_xlim() for panel in figure.axes if panel.axison}
    assert len(limits) == 1
    assert is_drawn(figure)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_survey_of_nothing_is_drawn_all_the_same(rows):
    empty = plane().clear().select(pl.lit("tri").alias("sampler"), pl.all())
    assert is_drawn(plot_planes(TABLE.head(rows), empty))
