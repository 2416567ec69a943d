"""Nodes that measure every system and compare them."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.evaluation.settings import EvaluationSettings


def measure_system(
    dev_run: pl.DataFrame,
    test_run: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    evaluation: EvaluationSettings,
) -> pl.DataFrame:
    """Every measure of every judged query: split, query_id, measure, value."""
    from trisampler.evaluation.measures import measure_run

    measured = {
        "test": measure_run(test_run, test_judgements, evaluation.measures),
        "dev": measure_run(dev_run, dev_judgements, evaluation.measures),
    }
    return pl.concat(
        table.select(pl.lit(split).alias("split"), pl.all()) for split, table in measured.items()
    )


def compare(
    evaluation: EvaluationSettings, seed: int, **measured: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, Any], pl.DataFrame]:
    """All systems side by side: per query, as means, and tested against encoder_0.

    Args:
        evaluation: Measures and sizes of the tests.
        seed: Fixes the tests' samples.
        measured: Table of `measure_system` by system.
    """
    from trisampler.evaluation.comparisons import compare_systems
    from trisampler.evaluation.metrics import gather_measurements, metrics_dictionary
    from trisampler.evaluation.systems import UNTUNED

    by_split = {
        (split, system): table.filter(pl.col("split") == split)
        for split in ("test", "dev")
        for system, table in measured.items()
    }
    measurements = gather_measurements(by_split)
    comparisons = compare_systems(measurements, UNTUNED, evaluation, seed)
    return measurements, metrics_dictionary(measurements), comparisons
