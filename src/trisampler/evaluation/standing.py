"""How systems stand beside each other on one split: all measures, and what the tests say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from trisampler.evaluation.comparisons import compare_systems
from trisampler.evaluation.measures import measure_run
from trisampler.evaluation.metrics import (
    gather_measurements,
    metrics_dictionary,
    number_of_queries,
)
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.systems import system_label


@dataclass(frozen=True)
class Standing:
    """Systems in the order in which they were given.

    Attributes:
        split: whose queries were asked.
        queries: how many were judged.
        primary: the measure that sentences are about.
        metrics: {system: {measure: mean}}.
        comparisons: the table of `compare_systems`; no rows where there is one system.
    """

    split: str
    queries: int
    primary: str
    metrics: Mapping[str, Mapping[str, float]]
    comparisons: pl.DataFrame

    @property
    def sentences(self) -> list[str]:
        """One for each comparison in the primary measure."""
        shown = self.comparisons.filter(pl.col("measure") == self.primary)
        return shown["sentence"].to_list()

    def table_lines(self) -> list[str]:
        """A row for each measure and a column for each system, in plain text."""
        labels = [system_label(system) for system in self.metrics]
        widths = [max(8, len(label) + 2) for label in labels]
        measures = list(next(iter(self.metrics.values())))
        widest = max(len("measure"), *map(len, measures))
        head = [f"{label:>{width}}" for label, width in zip(labels, widths, strict=True)]
        lines = [f"{'measure':<{widest}}" + "".join(head)]
        lines.append("-" * len(lines[0]))
        for measure in measures:
            cells = [
                f"{values[measure]:>{width}.4f}"
                for values, width in zip(self.metrics.values(), widths, strict=True)
            ]
            lines.append(f"{measure:<{widest}}" + "".join(cells))
        return lines

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "split": self.split,
            "queries": self.queries,
            "primary": self.primary,
            "metrics": self.metrics,
            "comparisons": self.comparisons.to_dicts(),
        }


def measure_standing(
    runs: Mapping[str, pl.DataFrame],
    judgements: pl.DataFrame,
    split: str,
    baseline: str,
    settings: EvaluationSettings,
    seed: int,
) -> Standing:
    """Measure every run and test all against one.

    Args:
        runs: system -> query_id, doc_id, score.
        judgements: of the split.
        split: its name.
        baseline: one of the systems.
        settings: measures, and the sizes of the tests.
        seed: of the tests' samples.
    """
    measurements = gather_measurements(
        {
            (split, system): measure_run(run, judgements, settings.measures)
            for system, run in runs.items()
        }
    )
    metrics = metrics_dictionary(measurements)[split]
    return Standing(
        split=split,
        queries=number_of_queries(measurements, split),
        primary=settings.primary,
        metrics={system: metrics[system] for system in runs},
        comparisons=compare_systems(measurements, baseline, settings, seed),
    )
