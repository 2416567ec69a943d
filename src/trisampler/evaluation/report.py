"""One HTML page with everything a run found: no scripts, no links to elsewhere, plots inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.evaluation.audit_table import audit_rows
from trisampler.evaluation.flatten import flatten
from trisampler.evaluation.metrics import (
    metrics_dictionary,
    number_of_queries,
    splits_in_order,
    splits_of,
)
from trisampler.evaluation.plots import style
from trisampler.evaluation.plots.plane import plot_plane
from trisampler.evaluation.plots.sampling import plot_sampling
from trisampler.evaluation.plots.systems import plot_systems
from trisampler.evaluation.plots.training import plot_training
from trisampler.evaluation.sentences import p_value_text
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.summary import split_warning
from trisampler.evaluation.systems import system_label
from trisampler.evaluation.templates import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReportContent:
    """What the page shows.

    Attributes:
        title: Such as the workspace.
        measurements: split, system, query_id, measure, value.
        comparisons: The table of `compare_systems`.
        ingestion: The ingestion report.
        external: What was read from run files, of `read_run_files`.
        warnings: Sentences of `data_warnings`; None where nobody looked.
        query_changes: Split -> changes of `query_changes`.
        histories: Name of the round -> training history (see `plot_training`).
        planes: Name of the round -> plane sample (see `plot_plane`).
        diagnostics: Name of the round -> sampling diagnostics.
        audit: Of `trisampler.negatives.audit.audit_rounds`.
        promotion: What the gate decided of the newest encoder, in rows of two cells.
        parameters: The parameter tree.
    """

    title: str
    measurements: pl.DataFrame
    comparisons: pl.DataFrame
    ingestion: Mapping[str, Any]
    external: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] | None = None
    query_changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    histories: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    planes: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    diagnostics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    audit: Mapping[str, Any] = field(default_factory=dict)
    promotion: Sequence[tuple[str, str]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plot:
    title: str
    description: str
    data_uri: str


def render_report(content: ReportContent, settings: EvaluationSettings, seed: int) -> str:
    """The page as HTML.

    Args:
        content: What it shows.
        settings: Primary measure, columns, level.
        seed: Fixes the intervals in the plots.

    Raises:
        EvaluationError: Nothing was measured.
    """
    splits = splits_of(content.measurements)
    metrics = metrics_dictionary(content.measurements)
    measures = content.measurements["measure"].unique(maintain_order=True).to_list()
    return render(
        "report.html.j2",
        content=content,
        settings=settings,
        metrics=metrics,
        best={split: _highest(systems, measures) for split, systems in metrics.items()},
        measures=measures,
        warning=split_warning(splits[0]),
        changes=_shown_changes(content.query_changes),
        headline=content.comparisons.filter(
            (pl.col("split") == splits[0]) & (pl.col("measure") == settings.primary)
        ).to_dicts(),
        comparisons=content.comparisons.to_dicts(),
        queries={split: number_of_queries(content.measurements, split) for split in splits},
        plots=_plots(content, settings, seed),
        audit_rows=audit_rows(content.audit) if content.audit else [],
        flatten=flatten,
        p_value_text=partial(p_value_text, alpha=settings.alpha),
        system_label=system_label,
    )


def _highest(
    systems: Mapping[str, Mapping[str, float]], measures: Sequence[str]
) -> dict[str, float]:
    """Of each measure the highest mean of any system."""
    return {measure: max(values[measure] for values in systems.values()) for measure in measures}


def _shown_changes(query_changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Those of dev; of another split only where there are no dev queries."""
    for split in ("dev", *splits_in_order(query_changes)):
        changes = query_changes.get(split, {})
        if changes.get("queries"):
            return {"split": split, **changes}
    return None


def _plots(content: ReportContent, settings: EvaluationSettings, seed: int) -> list[_Plot]:
    plots = [
        _plot(
            f"{settings.primary} by system",
            "Means over all judged queries with bootstrap intervals, each system alone.",
            plot_systems(content.measurements, settings, seed),
        )
    ]
    if content.histories:
        plots.append(
            _plot(
                "Training",
                "Loss of each step and the dev measure that chose the checkpoint.",
                plot_training(content.histories),
            )
        )
    if content.audit:
        plots.append(
            _plot(
                "Sampling",
                "What the negatives of each round were like.",
                plot_sampling(content.audit),
            )
        )
    plots += [
        _plot(
            f"The plane of {name}",
            "Where the candidates and the drawn negatives lie relative to query and positive.",
            plot_plane(plane, name),
        )
        for name, plane in content.planes.items()
    ]
    return plots


def _plot(title: str, description: str, drawn: Figure) -> _Plot:
    return _Plot(title, description, style.data_uri(drawn))
