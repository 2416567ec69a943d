"""Nodes that measure every system and compare them."""

from __future__ import annotations

from typing import Any

import polars as pl

from trisampler.evaluation.external import digest_run_files
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.incremental.outside import reads_outside


def measure_system(
    measures: tuple[str, ...],
    passages: pl.DataFrame,
    dev_run: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    test_run: pl.DataFrame | None = None,
    test_judgements: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every measure of every judged query: split, query_id, measure, value.

    Passages are folded back to their documents. The test split is left out where it is not given.
    """
    from trisampler.evaluation.folding import measure_folded

    measured = {"dev": measure_folded(dev_run, dev_judgements, passages, measures)}
    if test_run is not None and test_judgements is not None:
        of_test = measure_folded(test_run, test_judgements, passages, measures)
        measured = {"test": of_test, **measured}
    return pl.concat(
        table.select(pl.lit(split).alias("split"), pl.all()) for split, table in measured.items()
    )


@reads_outside("run_files", digest_run_files)
def read_external_runs(
    run_files: dict[str, dict[str, str]],
    depth: int,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    corpus: pl.DataFrame,
    passages: pl.DataFrame,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Rankings of other tools from their TREC run files, and counts of what does not fit.

    They may be of documents that we have cut into passages, or of these passages.
    """
    from trisampler.evaluation.external import read_run_files

    judgements = {"dev": dev_judgements, "test": test_judgements}
    cut = passages.select(doc_id="document_id").unique()
    known = pl.concat([corpus.select("doc_id"), cut])
    return read_run_files(run_files, judgements, known, depth)


def measure_external_systems(
    external_runs: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    measures: tuple[str, ...],
    passages: pl.DataFrame,
) -> pl.DataFrame:
    """Every measure of every judged query: split, system, query_id, measure, value."""
    from trisampler.evaluation.external import measure_external_runs
    from trisampler.evaluation.folding import fold_judgements, fold_run

    judgements = {
        split: fold_judgements(table, passages)
        for split, table in (("dev", dev_judgements), ("test", test_judgements))
    }
    return measure_external_runs(fold_run(external_runs, passages), judgements, measures)


def compare(
    external_measurements: pl.DataFrame,
    evaluation: EvaluationSettings,
    seed: int,
    **measured: pl.DataFrame,
) -> tuple[pl.DataFrame, dict[str, Any], pl.DataFrame]:
    """All systems side by side: per query, as means, and tested against encoder_0.

    External systems are tested against the newest encoder too.

    Args:
        external_measurements: Table of `measure_external_systems`.
        evaluation: Measures and sizes of the tests.
        seed: Fixes the tests' samples.
        measured: Table of `measure_system` by system.
    """
    from trisampler.evaluation.comparisons import compare_systems
    from trisampler.evaluation.metrics import gather_measurements, metrics_dictionary
    from trisampler.evaluation.systems import UNTUNED, in_order

    by_split = {
        (split, system): table.filter(pl.col("split") == split)
        for split in ("test", "dev")
        for system, table in measured.items()
    }
    measurements = pl.concat([gather_measurements(by_split), external_measurements])
    newest, external = in_order(measured)[-1], external_measurements["system"].unique()
    against_newest = measurements.filter(pl.col("system").is_in([newest, *external]))
    comparisons = pl.concat(
        compare_systems(table, baseline, evaluation, seed)
        for table, baseline in ((measurements, UNTUNED), (against_newest, newest))
    )
    return measurements, metrics_dictionary(measurements), comparisons
