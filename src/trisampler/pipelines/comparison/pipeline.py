"""The comparison of samplers."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.comparison.cell import create_cell, splits_of
from trisampler.pipelines.comparison.nodes import (
    cell_comparer,
    choose_evaluated_queries,
    comparison_reporter,
    line_plotter,
    plane_gatherer,
    plot_drawn,
    plot_learning,
    write_comparison,
)
from trisampler.structure import ComparisonStructure

_UNTRAINED = ("bm25", "encoder_0")
_OF_A_CELL = ("facts", "training_history", "measurements")


def create_pipeline(structure: ComparisonStructure) -> Pipeline:
    """Train once for each sampler or variant and seed, and compare what comes of it.

    Args:
        structure: Samplers, variants and seeds.
    """
    cells = (create_cell(cell, test=structure.test) for cell in structure.cells)
    return Pipeline([*cells, _comparing(structure)])


def _comparing(structure: ComparisonStructure) -> Pipeline:
    cells = structure.cells
    first = tuple(cell for cell in cells if cell.number == 1)
    return Pipeline(
        [
            Node(
                choose_evaluated_queries,
                inputs=[
                    "queries",
                    *(f"{split}_judgements" for split in splits_of(test=structure.test)),
                ],
                outputs="evaluated_queries",
                name="choose_evaluated_queries",
            ),
            Node(
                cell_comparer(cells, _UNTRAINED, test=structure.test),
                inputs={
                    "evaluation": "params:evaluation",
                    "comparison": "params:comparison",
                    "seed": "params:seed",
                    **{f"measurements_of_{name}": f"{name}.measurements" for name in _UNTRAINED},
                    **{
                        f"{kind}_of_{cell.name}": f"comparison.{cell.name}.{kind}"
                        for cell in cells
                        for kind in _OF_A_CELL
                    },
                },
                outputs=[
                    "comparison_table",
                    "comparison_means",
                    "comparison_tests",
                    "comparison_curves",
                ],
                name="compare_cells",
            ),
            Node(
                plane_gatherer(first),
                inputs={
                    "training": "params:training",
                    **{cell.name: f"comparison.{cell.name}.plane" for cell in first},
                },
                outputs="comparison_plane",
                name="gather_planes",
            ),
            Node(
                plot_learning,
                inputs=["comparison_table", "comparison_curves"],
                outputs="comparison_curves_plot",
                name="plot_learning",
            ),
            Node(
                plot_drawn,
                inputs=["comparison_table", "comparison_plane"],
                outputs="comparison_planes_plot",
                name="plot_drawn",
            ),
            *([_drawing_lines(structure.lines)] if structure.lines else []),
            Node(
                write_comparison,
                inputs=["comparison_table", "comparison_tests", "params:evaluation"],
                outputs="comparison_summary",
                name="write_comparison",
            ),
            Node(
                comparison_reporter(first, test=structure.test),
                inputs=[
                    "comparison_table",
                    "comparison_means",
                    "comparison_tests",
                    "comparison_curves",
                    "comparison_plane",
                    "ingestion_report",
                    "parameters",
                ],
                outputs="comparison_report",
                name="write_comparison_report",
            ),
        ],
        namespace="comparison",
        prefix_datasets_with_namespace=False,
    )


def _drawing_lines(lines: dict[str, dict[str, float]]) -> Node:
    return Node(
        line_plotter(lines),
        inputs=["comparison_tests", "params:comparison"],
        outputs="comparison_lines_plot",
        name="plot_lines",
    )
