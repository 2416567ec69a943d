"""Nodes that compare what the cells came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.cells import Cell
from trisampler.evaluation.settings import ComparisonSettings, EvaluationSettings
from trisampler.incremental.parts import looks_at
from trisampler.plain_parameters import plain_parameters
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    # Kedro resolves nodes' annotations; importing matplotlib for that would slow every command.
    Figure = Any


def choose_evaluated_queries(queries: pl.DataFrame, *judgements: pl.DataFrame) -> pl.DataFrame:
    """The queries that are judged in any of the splits, in their order."""
    judged = pl.concat([split.select("query_id") for split in judgements])
    return queries.join(judged, on="query_id", how="semi", maintain_order="left")


def cell_comparer(
    cells: Sequence[Cell], untrained: Sequence[str], *, test: bool = True
) -> Callable[..., Any]:
    """The node function that compares `cells`, with `untrained` systems beside them.

    Args:
        cells: Those of one label together.
        untrained: Systems of the pipeline.
        test: Whether the untrained are shown on the test split too.
    """

    def compare_cells(
        evaluation: EvaluationSettings,
        comparison: ComparisonSettings,
        seed: int,
        **of_cells: Any,
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """The table, every measure's means, the tests, and the learning curves.

        Args:
            evaluation: Primary measure, resamples, level.
            comparison: The baselines.
            seed: Fixes the samples.
            of_cells: `<artifact>_of_<cell>` for facts, training_history and measurements, and
                `measurements_of_<system>` for the untrained.
        """
        from trisampler.evaluation.comparison_cells import (
            CellResult,
            gather_curves,
            learning_curve,
        )
        from trisampler.evaluation.comparison_table import comparison_table, seed_means
        from trisampler.evaluation.sampler_tests import compare_samplers
        from trisampler.evaluation.systems import system_label

        results = [
            CellResult(
                cell.label,
                cell.number,
                of_cells[f"facts_of_{cell.name}"],
                learning_curve(of_cells[f"training_history_of_{cell.name}"]),
                of_cells[f"measurements_of_{cell.name}"],
            )
            for cell in cells
        ]
        # By their names in print: bm25 is a sampler too.
        beside = {
            system_label(system): of_cells[f"measurements_of_{system}"] for system in untrained
        }
        if not test:
            beside = {name: table.filter(split="dev") for name, table in beside.items()}
        means = seed_means(results, beside)
        baselines, against = comparison.baselines, comparison.against
        table = comparison_table(
            results, list(beside), means, evaluation.primary, baselines, against
        )
        tests = compare_samplers(results, baselines, evaluation, seed, against)
        return table, means, tests, gather_curves(results)

    return compare_cells


def plane_gatherer(cells: Sequence[Cell]) -> Callable[..., pl.DataFrame]:
    """The node function that puts the planes of `cells`, one of each sampler, together."""

    @looks_at("training", lambda training: training.frozen_documents)
    def gather_planes(training: TrainingSettings, **planes: pl.DataFrame) -> pl.DataFrame:
        """All planes, with the column sampler, the label; by name of the cell.

        Those of cells that draw their negatives while training are left out.
        """
        told = [
            planes[cell.name].clear() if cell.draws_while_training(training) else planes[cell.name]
            for cell in cells
        ]
        return pl.concat(
            plane.select(pl.lit(cell.label).alias("sampler"), pl.all())
            for cell, plane in zip(cells, told, strict=True)
        )

    return gather_planes


def plot_learning(table: pl.DataFrame, curves: pl.DataFrame) -> Figure:
    """The learning curve of every sampler, with the target."""
    from trisampler.evaluation.comparison_table import target_of
    from trisampler.evaluation.plots.curves import plot_curves

    return plot_curves(curves, target_of(table))


def plot_drawn(table: pl.DataFrame, plane: pl.DataFrame) -> Figure:
    """The plane of every sampler's negatives."""
    from trisampler.evaluation.plots.planes import plot_planes

    return plot_planes(table, plane)


def write_comparison(
    table: pl.DataFrame, tests: pl.DataFrame, evaluation: EvaluationSettings
) -> str:
    """The table and a sentence per comparison, in Markdown."""
    from trisampler.evaluation.comparison_text import comparison_markdown

    return comparison_markdown(table, tests, evaluation.primary, evaluation.alpha)


def line_plotter(lines: dict[str, dict[str, float]]) -> Callable[..., Figure]:
    """The node function that draws `lines`, by name: the values that labels stand for."""

    def plot_lines(tests: pl.DataFrame, comparison: ComparisonSettings) -> Figure:
        """The effect of one parameter a panel, as differences from the first baseline."""
        from trisampler.evaluation.plots.lines import plot_lines as plot

        return plot(tests, comparison.baselines[0], lines)

    return plot_lines


def comparison_reporter(cells: Sequence[Cell], *, test: bool = True) -> Callable[..., str]:
    """The node function that writes the page.

    Args:
        cells: One of each label.
        test: Whether the test split was looked at.
    """

    def write_comparison_report(
        table: pl.DataFrame,
        means: pl.DataFrame,
        tests: pl.DataFrame,
        curves: pl.DataFrame,
        plane: pl.DataFrame,
        ingestion_report: dict[str, Any],
        parameters: dict[str, Any],
    ) -> str:
        """One self-contained HTML page."""
        from trisampler.evaluation.comparison_report import ComparisonContent, render_comparison
        from trisampler.negatives.registry import build_sampler

        comparison = parameters["comparison"]
        variants = {cell.label: cell.variant for cell in cells}
        content = ComparisonContent(
            title=str(parameters["workspace"]),
            table=table,
            means=means,
            tests=tests,
            curves=curves,
            plane=plane,
            formulas={
                label: build_sampler(
                    variant.sampler, variant.sampler_parameters(comparison.sampler_parameters)
                ).formula
                for label, variant in variants.items()
            },
            variants={
                label: {"sampler": variant.sampler, **variant.differences}
                for label, variant in variants.items()
                if label != variant.sampler
            },
            drawing_while_training=[
                cell.label for cell in cells if cell.draws_while_training(parameters["training"])
            ],
            test_unseen=not test,
            ingestion=ingestion_report,
            parameters=plain_parameters(parameters),
        )
        return render_comparison(content, parameters["evaluation"], comparison)

    return write_comparison_report
