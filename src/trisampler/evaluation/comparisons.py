"""Every system against a baseline: difference, interval, p-value, effect, and a sentence.

The family of Holm's correction is the comparisons of all systems with the baseline on one split in
one measure: the question "which of these systems differ from the baseline?".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.metrics import splits_of
from trisampler.evaluation.paired import paired_difference
from trisampler.evaluation.sentences import comparison_sentence
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.significance import bootstrap_interval, holm, randomisation_test
from trisampler.evaluation.systems import in_order, system_label
from trisampler.hashing import derive_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPARISONS_SCHEMA = pl.Schema(
    {
        "split": pl.String,
        "measure": pl.String,
        "system": pl.String,
        "baseline": pl.String,
        "queries": pl.Int32,
        "system_mean": pl.Float64,
        "baseline_mean": pl.Float64,
        "difference": pl.Float64,
        "interval_low": pl.Float64,
        "interval_high": pl.Float64,
        "effect_size": pl.Float64,  # Cohen's d of paired values; null where they do not vary
        "detectable": pl.Float64,  # found four times in five, as the first of its family
        "wins": pl.Int32,
        "losses": pl.Int32,
        "p_value": pl.Float64,
        "p_holm": pl.Float64,
        "family": pl.Int32,  # comparisons that Holm's correction is over
        "exact": pl.Boolean,  # all sign flips, not a sample of them
        "sentence": pl.String,
    }
)


def compare_systems(
    measurements: pl.DataFrame, baseline: str, settings: EvaluationSettings, seed: int
) -> pl.DataFrame:
    """Compare every other system with `baseline`, per split and measure.

    Args:
        measurements: split, system, query_id, measure, value.
        baseline: A system that was measured, such as `encoder_0`.
        settings: Sizes and level of the tests.
        seed: Fixes sign flips and samples, which all comparisons of a split share.

    Returns:
        The columns of `COMPARISONS_SCHEMA`, by split, measure (as measured) and system. No rows
        where the baseline is alone.

    Raises:
        EvaluationError: The baseline was not measured on a split, or two systems were measured on
            different queries.
    """
    tables = [
        _compare_on_split(
            split, measurements.filter(pl.col("split") == split), baseline, settings, seed
        )
        for split in splits_of(measurements)
    ]
    return pl.concat(tables)


def _compare_on_split(
    split: str, measured: pl.DataFrame, baseline: str, settings: EvaluationSettings, seed: int
) -> pl.DataFrame:
    systems = in_order(measured["system"])
    if baseline not in systems:
        raise EvaluationError(
            f"The baseline {baseline!r} was not measured on {split}; measured there: "
            f"{', '.join(systems)}."
        )
    others = [system for system in systems if system != baseline]
    pairs = [
        (measure, system)
        for measure in measured["measure"].unique(maintain_order=True)
        for system in others
    ]
    if not pairs:
        return pl.DataFrame(schema=COMPARISONS_SCHEMA)
    values = _values_by_query(split, measured)
    system_QC = np.stack([values[pair] for pair in pairs], axis=1)
    baseline_QC = np.stack([values[measure, baseline] for measure, _ in pairs], axis=1)
    rows = _test(system_QC, baseline_QC, len(others), settings, seed, split)
    for row, (measure, system) in zip(rows, pairs, strict=True):
        row |= {"split": split, "measure": measure, "system": system, "baseline": baseline}
    for start in range(0, len(rows), len(others)):
        family = rows[start : start + len(others)]
        for row, p_holm in zip(family, holm([row["p_value"] for row in family]), strict=True):
            row |= {"p_holm": p_holm, "family": len(family)}
            named = {name: system_label(row[name]) for name in ("system", "baseline")}
            row["sentence"] = comparison_sentence(row | named, settings.alpha)
    return pl.DataFrame(rows, schema=COMPARISONS_SCHEMA, orient="row")


def _values_by_query(
    split: str, measured: pl.DataFrame
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """(measure, system) -> values in the order of query ids."""
    values: dict[tuple[str, str], NDArray[np.float64]] = {}
    queries: dict[str, pl.Series] = {}
    groups = measured.sort("query_id").group_by("measure", "system", maintain_order=True)
    for (measure, system), group in groups:
        values[str(measure), str(system)] = group["value"].to_numpy()
        first = queries.setdefault(str(measure), group["query_id"])
        if not first.equals(group["query_id"]):
            raise EvaluationError(
                f"{system} was measured on other {split} queries ({group.height}) than another "
                f"system ({len(first)}) in {measure}: use the same judgements for all systems."
            )
    return values


def _test(
    system_QC: NDArray[np.float64],
    baseline_QC: NDArray[np.float64],
    family: int,
    settings: EvaluationSettings,
    seed: int,
    split: str,
) -> list[dict[str, Any]]:
    differences_QC = system_QC - baseline_QC
    flips = np.random.default_rng(derive_seed(seed, "randomisation", split))
    samples = np.random.default_rng(derive_seed(seed, "bootstrap", split))
    test = randomisation_test(differences_QC, settings.permutations, flips)
    low_C, high_C = bootstrap_interval(
        differences_QC, settings.resamples, 1 - settings.alpha, samples
    )
    paired = [
        paired_difference(system_Q[None], baseline_Q[None])
        for system_Q, baseline_Q in zip(system_QC.T, baseline_QC.T, strict=True)
    ]
    return [
        pair.row()
        | {
            "detectable": pair.detectable(settings.alpha / family),
            "interval_low": float(low_C[column]),
            "interval_high": float(high_C[column]),
            "p_value": float(test.p_values[column]),
            "exact": test.exact,
        }
        for column, pair in enumerate(paired)
    ]
