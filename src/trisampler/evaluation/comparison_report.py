"""The comparison as one HTML page: no scripts, no links to elsewhere, plots inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl

from trisampler.evaluation.comparison_table import target_of, target_setters
from trisampler.evaluation.comparison_text import cost_columns, result_columns, several_rounds
from trisampler.evaluation.flatten import flatten
from trisampler.evaluation.plots import style
from trisampler.evaluation.plots.curves import plot_curves
from trisampler.evaluation.plots.planes import plot_planes
from trisampler.evaluation.sentences import p_value_text
from trisampler.evaluation.settings import ComparisonSettings, EvaluationSettings
from trisampler.evaluation.summary import NO_TEST_SPLIT, TEST_LEFT_UNSEEN, split_warning
from trisampler.evaluation.templates import render


@dataclass(frozen=True)
class ComparisonContent:
    """What the page shows.

    Attributes:
        title: Such as the workspace.
        table: Of `comparison_table`.
        means: Of `seed_means`.
        tests: Of `compare_samplers`.
        curves: Of `gather_curves`.
        plane: sampler, and the columns of a plane; of one seed and the last round.
        formulas: Each sampler's rule in one line.
        variants: What each of those that are more than a sampler differs in.
        drawing_while_training: Those that trained on negatives that no draw before it tells of.
        test_unseen: Whether the test split was left for later.
        ingestion: The ingestion report.
        parameters: The parameter tree.
    """

    title: str
    table: pl.DataFrame
    means: pl.DataFrame
    tests: pl.DataFrame
    curves: pl.DataFrame
    plane: pl.DataFrame
    formulas: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drawing_while_training: Sequence[str] = ()
    test_unseen: bool = False
    ingestion: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def render_comparison(
    content: ComparisonContent,
    settings: EvaluationSettings,
    comparison: ComparisonSettings,
) -> str:
    """The page as HTML.

    Args:
        content: What it shows.
        settings: Primary measure, columns, level.
        comparison: The baselines.
    """
    splits = content.means["split"].unique(maintain_order=True).to_list()
    target = target_of(content.table)
    why = TEST_LEFT_UNSEEN if content.test_unseen else NO_TEST_SPLIT
    return render(
        "comparison.html.j2",
        content=content,
        settings=settings,
        target=target,
        target_setters=_target_setters(content.table, comparison),
        warning=split_warning(splits[0], why) if splits else "Nothing was measured.",
        results=result_columns(content.table, content.tests, settings.primary, settings.alpha),
        costs=cost_columns(content.table),
        several_rounds=several_rounds(content.table),
        headline=content.tests.filter(pl.col("split") == splits[0]).to_dicts() if splits else [],
        tests=content.tests.to_dicts(),
        means=_means(content.means, settings.summary),
        queries={split: content.means.filter(split=split)["queries"][0] for split in splits},
        curves=style.data_uri(plot_curves(content.curves, target)),
        planes=style.data_uri(plot_planes(content.table, content.plane)),
        flatten=flatten,
        zip=zip,
        p_value_text=partial(p_value_text, alpha=settings.alpha),
    )


def _target_setters(table: pl.DataFrame, comparison: ComparisonSettings) -> list[str]:
    """Those whose ends set the targets in `table`, each once."""
    samplers = table.drop_nulls("target")["sampler"]
    setters = target_setters(samplers, comparison.baselines, comparison.against)
    return list(dict.fromkeys(setters.values()))


def _means(means: pl.DataFrame, measures: tuple[str, ...]) -> dict[str, dict[str, dict[str, str]]]:
    """{split: {sampler: {measure: text}}}."""
    told: dict[str, dict[str, dict[str, str]]] = {}
    for row in means.filter(pl.col("measure").is_in(measures)).iter_rows(named=True):
        spread = "" if row["spread"] is None else f" ± {row['spread']:.4f}"
        of_split = told.setdefault(row["split"], {})
        of_split.setdefault(row["sampler"], {})[row["measure"]] = f"{row['mean']:.4f}{spread}"
    return told
