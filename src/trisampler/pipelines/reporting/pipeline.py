"""Reporting."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.namespaces import in_namespace
from trisampler.pipelines.reporting.nodes import (
    model_card_writer,
    plane_plotter,
    plot_metrics,
    plot_sampling,
    plot_training,
    write_report,
    write_summary,
)

_IN_THE_REPORT = ("training_history", "plane", "diagnostics")


def create_pipeline(rounds: int) -> Pipeline:
    """Plots, summary, report, and a card beside each trained encoder.

    Args:
        rounds: Number of rounds.
    """
    names = [f"round_{number}" for number in range(1, rounds + 1)]
    return Pipeline(
        [
            Node(
                plot_metrics,
                inputs=["measurements", "params:evaluation", "params:seed"],
                outputs="metrics_plot",
                name="plot_metrics",
            ),
            Node(
                plot_training,
                inputs={name: f"{name}.training_history" for name in names},
                outputs="training_plot",
                name="plot_training",
            ),
            Node(
                write_summary,
                inputs=["measurements", "comparisons", "params:evaluation"],
                outputs="summary",
                name="write_summary",
            ),
            Node(plot_sampling, inputs="audit", outputs="sampling_plot", name="plot_sampling"),
            _write_report(names),
            *(_plot_plane(name) for name in names),
            *(_write_model_card(f"encoder_{number}") for number in range(1, rounds + 1)),
        ],
        namespace="reporting",
        prefix_datasets_with_namespace=False,
    )


def _write_report(names: list[str]) -> Node:
    whole = (
        *("measurements", "comparisons", "ingestion_report", "external_report"),
        *("data_warnings", "dev_query_changes", "test_query_changes", "audit", "promotion"),
        "parameters",
    )
    return Node(
        write_report,
        inputs={
            **{name: name for name in whole},
            **{f"{kind}_of_{name}": f"{name}.{kind}" for kind in _IN_THE_REPORT for name in names},
        },
        outputs="report",
        name="write_report",
    )


def _plot_plane(name: str) -> Pipeline:
    return in_namespace(
        name, [Node(plane_plotter(name), inputs="plane", outputs="plane_plot", name="plot_plane")]
    )


def _write_model_card(system: str) -> Pipeline:
    return in_namespace(
        system,
        [
            Node(
                model_card_writer(system),
                inputs=[
                    "encoder",
                    "encoder_0",
                    "ingestion_report",
                    "metrics",
                    "comparisons",
                    "parameters",
                ],
                outputs="model_card",
                name="write_model_card",
            )
        ],
        inputs={"encoder": system},
    )
