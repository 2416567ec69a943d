"""The comparison in one table: a row per sampler, then the systems that nothing was trained for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from trisampler.evaluation.comparison_cells import CellResult
from trisampler.evaluation.dev_target import target_score, way_to_target

COMPARISON_SCHEMA = pl.Schema(
    {
        "sampler": pl.String,
        "seeds": pl.Int32,  # 0: a system that was not trained
        "rounds": pl.Int32,  # of several, what follows of negatives is the last one's
        "test_mean": pl.Float64,  # of the primary measure, over queries, then over seeds
        "test_spread": pl.Float64,  # standard deviation between seeds; null for one
        "dev_mean": pl.Float64,
        "dev_spread": pl.Float64,
        "steps": pl.Float64,  # mean over seeds, as all that follow
        "documents": pl.Float64,  # encoded with a gradient
        "negatives": pl.Float64,
        "candidates_per_pair": pl.Float64,  # scored to draw one pair's negatives
        "drawn_share_leaning_to_positive": pl.Float64,
        "drawn_share_harder_than_positive": pl.Float64,
        "false_negative_rate": pl.Float64,  # by hidden judgements; null where there are none
        "seeds_without_gain": pl.Int32,  # whose best measurement was that before training
        "target": pl.Float64,  # where what it is compared with ended on the dev pool
        "seeds_at_target": pl.Int32,
        "steps_to_target": pl.Int64,  # null: censored, fewer than half of the seeds got there
        "documents_to_target": pl.Int64,
    }
)
MEANS_SCHEMA = pl.Schema(
    {
        "split": pl.String,
        "sampler": pl.String,
        "measure": pl.String,
        "queries": pl.Int32,
        "mean": pl.Float64,
        "spread": pl.Float64,
    }
)
_OF_FACTS = (
    "steps",
    "documents",
    "negatives",
    "candidates_per_pair",
    "drawn_share_leaning_to_positive",
    "drawn_share_harder_than_positive",
    "false_negative_rate",
)


def target_of(table: pl.DataFrame) -> float | None:
    """The one target of a comparison's table; None where there are several or none."""
    targets = table["target"].drop_nulls().unique().to_list()
    return targets[0] if len(targets) == 1 else None


def target_setters(
    samplers: Iterable[str], baselines: Sequence[str], against: Mapping[str, str]
) -> dict[str, str]:
    """Whose end on the dev pool is the target, for each of `samplers`.

    Args:
        samplers: Their names.
        baselines: The first of them is it for all that `against` does not name; without any,
            everyone is it for itself.
        against: Another than that, by the sampler's name.
    """
    return {sampler: against.get(sampler, (*baselines, sampler)[0]) for sampler in samplers}


def by_sampler(cells: Sequence[CellResult]) -> dict[str, list[CellResult]]:
    """The cells of each sampler, which stand together."""
    return {sampler: list(group) for sampler, group in groupby(cells, lambda cell: cell.sampler)}


def seed_means(cells: Sequence[CellResult], untrained: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every measure's mean over queries, as mean and standard deviation over seeds.

    Args:
        cells: The trainings, those of one sampler together.
        untrained: Measurements of systems that are the same for all seeds, by name.

    Returns:
        The columns of `MEANS_SCHEMA`, by split, sampler and measure as given.
    """
    tables = {
        sampler: [cell.measurements for cell in group]
        for sampler, group in by_sampler(cells).items()
    } | {system: [table] for system, table in untrained.items()}
    rows = [
        {"sampler": sampler, **row} for sampler, seeds in tables.items() for row in _means(seeds)
    ]
    means = pl.DataFrame(rows, schema=MEANS_SCHEMA)
    return pl.concat([means.filter(split=split) for split in ("test", "dev")])


def comparison_table(
    cells: Sequence[CellResult],
    untrained: Sequence[str],
    means: pl.DataFrame,
    primary: str,
    baselines: Sequence[str],
    against: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """One row per sampler and per untrained system, with the columns of `COMPARISON_SCHEMA`.

    Args:
        cells: The trainings, those of one sampler together.
        untrained: Systems in `means` that were not trained.
        means: Of `seed_means`.
        primary: The measure of the table.
        baselines: For `target_setters`.
        against: For `target_setters`.
    """
    groups = by_sampler(cells)
    setters = target_setters(groups, baselines, against or {})
    targets = {sampler: target_score(groups.get(setters[sampler], [])) for sampler in groups}
    rows = [
        {"sampler": sampler, "seeds": len(group), "rounds": group[0].facts["rounds"]}
        | _primary(means, sampler, primary)
        | {name: _mean([cell.facts[name] for cell in group]) for name in _OF_FACTS}
        | {"seeds_without_gain": sum(cell.facts["best_step"] == 0 for cell in group)}
        | {"target": targets[sampler]}
        | dict(
            zip(
                ("seeds_at_target", "steps_to_target", "documents_to_target"),
                way_to_target(group, targets[sampler]),
                strict=True,
            )
        )
        for sampler, group in groups.items()
    ]
    rows += [
        {"sampler": system, "seeds": 0} | _primary(means, system, primary) for system in untrained
    ]
    return pl.DataFrame(rows, schema=COMPARISON_SCHEMA)


def _means(seeds: Sequence[pl.DataFrame]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for table in seeds:
        for (split, measure), group in table.group_by("split", "measure", maintain_order=True):
            mean = math.fsum(group["value"]) / group.height
            found.setdefault((str(split), str(measure)), []).append((mean, group.height))
    return [
        {
            "split": split,
            "measure": measure,
            "queries": pairs[0][1],
            "mean": _mean([mean for mean, _ in pairs]),
            "spread": _deviation([mean for mean, _ in pairs]) if len(seeds) > 1 else None,
        }
        for (split, measure), pairs in found.items()
    ]


def _primary(means: pl.DataFrame, sampler: str, primary: str) -> dict[str, float | None]:
    told: dict[str, float | None] = {}
    for split in ("test", "dev"):
        row = means.filter(split=split, sampler=sampler, measure=primary)
        for name in ("mean", "spread"):
            told[f"{split}_{name}"] = row[name][0] if row.height else None
    return told


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _deviation(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
