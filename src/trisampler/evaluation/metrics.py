"""What was measured of all systems on all splits: one table, and its means as a dictionary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import polars as pl

from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.systems import in_order

MEASUREMENTS_SCHEMA = pl.Schema(
    {
        "split": pl.String,
        "system": pl.String,
        "query_id": pl.String,
        "measure": pl.String,
        "value": pl.Float64,
    }
)
# Best evidence first: the test split is what counts, where there is one.
_SPLITS = ("test", "dev", "train")


def gather_measurements(measured: Mapping[tuple[str, str], pl.DataFrame]) -> pl.DataFrame:
    """One table of what `measure_run` gave per (split, system).

    Returns:
        The columns of `MEASUREMENTS_SCHEMA`, in the order given. A split without judgements leaves
        no rows.
    """
    tables = [
        table.with_columns(split=pl.lit(split), system=pl.lit(system)).select(*MEASUREMENTS_SCHEMA)
        for (split, system), table in measured.items()
    ]
    return pl.concat([pl.DataFrame(schema=MEASUREMENTS_SCHEMA), *tables])


def metrics_dictionary(measurements: pl.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Means over the judged queries: {split: {system: {measure: value}}}.

    Sums are exact before the last rounding, so that no order of rows changes a digit.
    """
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    groups = measurements.group_by("split", "system", "measure", maintain_order=True)
    for (split, system, measure), group in groups:
        mean = math.fsum(group["value"]) / group.height
        metrics.setdefault(str(split), {}).setdefault(str(system), {})[str(measure)] = mean
    return {
        split: {system: metrics[split][system] for system in in_order(metrics[split])}
        for split in splits_of(measurements)
    }


def splits_of(measurements: pl.DataFrame) -> list[str]:
    """The measured splits, the one that counts most first: test, dev, train, then others by name.

    Raises:
        EvaluationError: Nothing was measured.
    """
    splits = splits_in_order(measurements["split"])
    if not splits:
        raise EvaluationError(
            "Nothing was measured: no split has judgements. Evaluation needs judged dev or test "
            "queries."
        )
    return splits


def splits_in_order(splits: Iterable[str]) -> list[str]:
    """Test, dev, train, then others by name, each once."""
    found = set(splits)
    return [split for split in _SPLITS if split in found] + sorted(found - set(_SPLITS))


def number_of_queries(measurements: pl.DataFrame, split: str) -> int:
    """The judged queries of `split`: those that every mean is over."""
    return measurements.filter(pl.col("split") == split)["query_id"].n_unique()
