"""Every sampler against the baselines: difference, interval, p-value, effect, and a sentence.

A difference counts where two tests find it: the bootstrap over seeds and queries, which assumes
nothing of how values are distributed, and Student's t over both, which knows how little few seeds
say. So a p-value is the larger of theirs, and an interval reaches as far as either's. In
simulations without any difference, of 3 seeds and 1,722 queries that deviate by .1 between queries
and by .2 within, p was below .05 in 1 to 5 % of the cases while seeds deviated by up to .01, and in
8 % at .02 and .05; the bootstrap alone was in 13 and 19 %.

The family of Holm's correction is all these comparisons on one split, in the primary measure. Two
samplers are compared with each other once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from trisampler.evaluation.comparison_cells import CellResult
from trisampler.evaluation.comparison_table import by_sampler
from trisampler.evaluation.crossed_test import crossed_test
from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.mean_squares import mean_squares
from trisampler.evaluation.paired import paired_difference
from trisampler.evaluation.power import detectable_differences
from trisampler.evaluation.seeded_tests import seeded_bootstrap
from trisampler.evaluation.sentences import comparison_sentence
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.significance import holm, smallest_p
from trisampler.hashing import derive_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TESTS_SCHEMA = pl.Schema(
    {
        "split": pl.String,
        "measure": pl.String,
        "system": pl.String,
        "baseline": pl.String,
        "queries": pl.Int32,
        "seeds": pl.Int32,
        "system_mean": pl.Float64,
        "baseline_mean": pl.Float64,
        "difference": pl.Float64,
        "interval_low": pl.Float64,
        "interval_high": pl.Float64,
        "effect_size": pl.Float64,  # Cohen's d over queries, each its mean over seeds
        "detectable": pl.Float64,  # found four times in five, as the first of its family
        "wins": pl.Int32,  # queries, by their mean over seeds
        "losses": pl.Int32,
        "p_bootstrap": pl.Float64,
        "p_student": pl.Float64,
        "seed_share": pl.Float64,  # of the variance of the difference: what is between seeds
        "p_value": pl.Float64,  # the larger of the two
        "p_holm": pl.Float64,
        "family": pl.Int32,
        "sentence": pl.String,
    }
)


def compare_samplers(
    cells: Sequence[CellResult],
    baselines: Sequence[str],
    settings: EvaluationSettings,
    seed: int,
    against: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Compare every sampler with every baseline in the primary measure, on test and on dev.

    Args:
        cells: The trainings, those of one sampler together, all samplers with the same seeds.
        baselines: Samplers among them.
        settings: Primary measure, number of resamples, level.
        seed: Fixes the samples, which all comparisons of a split share.
        against: Samplers that are compared with one other alone, by name.

    Returns:
        The columns of `TESTS_SCHEMA`, by split, baseline and sampler as given. A split without
        judgements leaves no rows.

    Raises:
        EvaluationError: Two trainings were measured on different queries, or samplers have
            different seeds.
    """
    pairs = _pairs(list(by_sampler(cells)), baselines, against or {})
    rows = []
    for split in ("test", "dev"):
        values = _values(cells, split, settings.primary)
        if values and pairs:
            rows += _test(values, pairs, split, settings, seed)
    return pl.DataFrame(rows, schema=TESTS_SCHEMA)


def _pairs(
    samplers: Sequence[str], baselines: Sequence[str], against: Mapping[str, str]
) -> list[tuple[str, str]]:
    with_baselines = [
        (sampler, baseline)
        for place, baseline in enumerate(baselines)
        for sampler in samplers
        if sampler != baseline and sampler not in (*baselines[:place], *against)
    ]
    pairs = with_baselines + [(name, against[name]) for name in samplers if name in against]
    first: dict[frozenset[str], tuple[str, str]] = {}
    for pair in pairs:
        first.setdefault(frozenset(pair), pair)
    return list(first.values())


def _values(cells: Sequence[CellResult], split: str, measure: str) -> dict[str, Floats]:
    """Sampler -> values (S, Q) by seed number, then by query id; {} for an empty split."""
    values = {}
    queries: pl.Series | None = None
    numbers: list[int] | None = None
    for sampler, group in by_sampler(cells).items():
        tables = [
            cell.measurements.filter(split=split, measure=measure).sort("query_id")
            for cell in group
        ]
        if all(table.is_empty() for table in tables):
            continue
        queries = tables[0]["query_id"] if queries is None else queries
        if not all(queries.equals(table["query_id"]) for table in tables):
            raise EvaluationError(
                f"A training with {sampler} was measured on other {split} queries than another "
                "training: use the same judgements for all."
            )
        found = [cell.number for cell in group]
        numbers = found if numbers is None else numbers
        if found != numbers:
            raise EvaluationError(
                f"{sampler} was trained with seeds {found}, another sampler with {numbers}: "
                "trainings are compared in pairs of one seed."
            )
        values[sampler] = np.stack([table["value"].to_numpy() for table in tables])
    return values


def _test(
    values: Mapping[str, Floats],
    pairs: Sequence[tuple[str, str]],
    split: str,
    settings: EvaluationSettings,
    seed: int,
) -> list[dict[str, Any]]:
    differences_SQC = np.stack([values[a] - values[b] for a, b in pairs], axis=2)
    seeds, queries = (
        np.random.default_rng(derive_seed(seed, "comparison", what, split))
        for what in ("seeds", "queries")
    )
    coverage, first_level = 1 - settings.alpha, settings.alpha / len(pairs)
    detectable_C = _detectable(differences_SQC, first_level)
    bootstrap = seeded_bootstrap(differences_SQC, settings.resamples, coverage, seeds, queries)
    student = crossed_test(differences_SQC, coverage)
    p_values_C = np.maximum(bootstrap.p_values, student.p_values)
    corrected = holm([float(value) for value in p_values_C])
    rows = []
    for column, (sampler, baseline) in enumerate(pairs):
        row = paired_difference(values[sampler], values[baseline]).row() | {
            "seeds": len(values[sampler]),
            "split": split,
            "measure": settings.primary,
            "system": sampler,
            "baseline": baseline,
            "interval_low": float(min(bootstrap.low[column], student.low[column])),
            "interval_high": float(max(bootstrap.high[column], student.high[column])),
            "detectable": detectable_C[column],
            "p_bootstrap": float(bootstrap.p_values[column]),
            "p_student": float(student.p_values[column]),
            "seed_share": float(student.seed_shares[column]),
            "p_value": float(p_values_C[column]),
            "p_holm": corrected[column],
            "family": len(pairs),
        }
        row["sentence"] = comparison_sentence(row, settings.alpha)
        rows.append(row)
    return rows


def _detectable(differences_SQC: Floats, alpha: float) -> list[float | None]:
    """None where nothing varies, or where so few queries find nothing at that level."""
    _, queries, comparisons = differences_SQC.shape
    if smallest_p(queries) > alpha:
        return [None] * comparisons
    found_C = detectable_differences(mean_squares(differences_SQC), alpha)
    return [float(found) if found > 0 else None for found in found_C]
