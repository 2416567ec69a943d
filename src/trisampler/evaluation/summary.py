"""The table at the end of a run, in plain text."""

from __future__ import annotations

from textwrap import wrap

import polars as pl

from trisampler.evaluation.metrics import metrics_dictionary, number_of_queries, splits_of
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.systems import system_label

_WIDTH = 96
NO_TEST_SPLIT = "NO TEST SPLIT in this source"
TEST_LEFT_UNSEEN = "THE TEST SPLIT WAS LEFT UNSEEN (comparison.test: false)"


def split_warning(split: str, why: str = NO_TEST_SPLIT) -> str:
    """What a reader of numbers from `split` must know; empty for the test split.

    Args:
        split: Its name.
        why: There are none of the test split.
    """
    flattering = (
        f"{why}: these are numbers of the {split} split, which chose the checkpoints. They flatter "
        "fine-tuned encoders."
    )
    return "" if split == "test" else flattering


def summary_text(
    measurements: pl.DataFrame, comparisons: pl.DataFrame, settings: EvaluationSettings
) -> str:
    """One row per system, and one sentence per comparison in the primary measure.

    The split is test, or dev (said loudly) where nothing was measured on test.

    Args:
        measurements: split, system, query_id, measure, value.
        comparisons: The table of `compare_systems`.
        settings: Whose `summary` measures are the columns.

    Returns:
        Plain text of about 100 columns, with a newline at the end.

    Raises:
        EvaluationError: Nothing was measured.
    """
    split = splits_of(measurements)[0]
    metrics = metrics_dictionary(measurements)[split]
    lines = wrap(split_warning(split), _WIDTH)
    lines.append(f"{split} split, {number_of_queries(measurements, split):,} queries")
    lines += ["", *_table(metrics, settings.summary), ""]
    shown = comparisons.filter((pl.col("split") == split) & (pl.col("measure") == settings.primary))
    for sentence in shown["sentence"]:
        claim, bracket, figures = sentence.partition(" (")
        lines += [claim, f"  {bracket.strip()}{figures}"]
    return "\n".join(lines).rstrip() + "\n"


def _table(metrics: dict[str, dict[str, float]], measures: tuple[str, ...]) -> list[str]:
    widest = max(len("system"), *(len(system_label(system)) for system in metrics))
    widths = [max(8, len(measure) + 2) for measure in measures]
    heads = [f"{measure:>{width}}" for measure, width in zip(measures, widths, strict=True)]
    lines = [f"{'system':<{widest}}" + "".join(heads)]
    lines.append("-" * len(lines[0]))
    for system, values in metrics.items():
        numbers = [f"{values[measure]:.4f}" for measure in measures]
        cells = [f"{number:>{width}}" for number, width in zip(numbers, widths, strict=True)]
        lines.append(f"{system_label(system):<{widest}}" + "".join(cells))
    return lines
