"""Nodes that draw and write what people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.plain_parameters import plain_parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    # Kedro resolves nodes' annotations; importing matplotlib for that would slow every command.
    Figure = Any


def plot_metrics(measurements: pl.DataFrame, evaluation: EvaluationSettings, seed: int) -> Figure:
    """The primary measure of every system."""
    from trisampler.evaluation.plots.systems import plot_systems

    return plot_systems(measurements, evaluation, seed)


def plot_training(**histories: pl.DataFrame) -> Figure:
    """Loss and dev measure of every round."""
    from trisampler.evaluation.plots.training import plot_training as plot

    return plot(histories)


def plot_sampling(audit: dict[str, Any]) -> Figure:
    """The negatives of every round in key figures."""
    from trisampler.evaluation.plots.sampling import plot_sampling as plot

    return plot(audit)


def plane_plotter(round_name: str) -> Callable[[pl.DataFrame], Figure]:
    """The node function of one round; the round's name is the figure's title."""

    def plot_plane(plane: pl.DataFrame) -> Figure:
        """Where candidates and drawn negatives lie, with the triangle's boundary."""
        from trisampler.evaluation.plots.plane import plot_plane as plot

        return plot(plane, round_name)

    return plot_plane


def write_summary(
    measurements: pl.DataFrame, comparisons: pl.DataFrame, evaluation: EvaluationSettings
) -> str:
    """The short table that a run ends with."""
    from trisampler.evaluation.summary import summary_text

    return summary_text(measurements, comparisons, evaluation)


def write_report(
    measurements: pl.DataFrame,
    comparisons: pl.DataFrame,
    ingestion_report: dict[str, Any],
    external_report: dict[str, Any],
    data_warnings: list[str],
    dev_query_changes: dict[str, Any],
    test_query_changes: dict[str, Any],
    audit: dict[str, Any],
    promotion: dict[str, Any],
    parameters: dict[str, Any],
    **of_rounds: Any,
) -> str:
    """One self-contained HTML page.

    Args:
        measurements: Every measure of every query.
        comparisons: Tests against encoder_0.
        ingestion_report: What was read, repaired and held out.
        external_report: What was read from run files.
        data_warnings: What to be warned of.
        dev_query_changes: Dev queries that changed most.
        test_query_changes: Test queries that did; shown where there are no dev queries.
        audit: All rounds' negatives in numbers.
        promotion: What the gate decided.
        parameters: The whole tree.
        of_rounds: `<artifact>_of_round_<n>` for training_history, plane and diagnostics.
    """
    from trisampler.evaluation.report import ReportContent, render_report
    from trisampler.registry.gate import Decision, decision_rows

    content = ReportContent(
        title=str(parameters["workspace"]),
        measurements=measurements,
        comparisons=comparisons,
        ingestion=ingestion_report,
        external=external_report,
        warnings=data_warnings,
        query_changes={"dev": dev_query_changes, "test": test_query_changes},
        histories=_of_rounds(of_rounds, "training_history"),
        planes=_of_rounds(of_rounds, "plane"),
        diagnostics=_of_rounds(of_rounds, "diagnostics"),
        audit=audit,
        promotion=decision_rows(Decision.model_validate(promotion)),
        parameters=plain_parameters(parameters),
    )
    evaluation, seed = parameters["evaluation"], parameters["seed"]
    return render_report(content, evaluation, seed)


def model_card_writer(system: str) -> Callable[..., str]:
    """The node function that writes the card of the encoder named `system`."""

    def write_model_card(
        encoder: Encoder,
        base: Encoder,
        ingestion_report: dict[str, Any],
        metrics: dict[str, Any],
        comparisons: pl.DataFrame,
        parameters: dict[str, Any],
    ) -> str:
        """Data, base weights, parameters and metrics of one trained encoder."""
        from trisampler.evaluation.model_card import ModelCard, render_model_card

        settings = encoder.settings
        told = comparisons.filter(system=system, measure=parameters["evaluation"].primary)
        return render_model_card(
            ModelCard(
                system=system,
                base=settings.name,
                base_digest=base.fingerprint("document", "float32"),
                data=ingestion_report,
                parameters=plain_parameters(parameters),
                metrics=metrics,
                sentences=told["sentence"].to_list(),
                query_prompt=settings.query_prompt,
                document_prompt=settings.document_prompt,
            )
        )

    return write_model_card


def _of_rounds(artifacts: Mapping[str, Any], kind: str) -> dict[str, Any]:
    prefix = f"{kind}_of_"
    return {
        name.removeprefix(prefix): artifact
        for name, artifact in artifacts.items()
        if name.startswith(prefix)
    }
