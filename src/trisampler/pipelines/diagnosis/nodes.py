"""Nodes that look behind the means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from trisampler.evaluation.settings import EvaluationSettings


def query_change_finder(split: str, newest: str) -> Callable[..., dict[str, Any]]:
    """The node function of one split; `newest` is the encoder set against encoder_0."""

    def find_query_changes(
        run_before: pl.DataFrame,
        run_after: pl.DataFrame,
        judgements: pl.DataFrame,
        queries: pl.DataFrame,
        corpus: pl.DataFrame,
        passages: pl.DataFrame,
        measurements: pl.DataFrame,
        primary: str,
    ) -> dict[str, Any]:
        """The queries that gained and lost most by training, and what was retrieved for them."""
        from trisampler.evaluation.query_changes import Collection, Ranked, query_changes
        from trisampler.evaluation.systems import UNTUNED

        return query_changes(
            measurements.filter(pl.col("split") == split),
            primary,
            Ranked(UNTUNED, run_before),
            Ranked(newest, run_after),
            Collection(queries, corpus, judgements, passages),
        )

    return find_query_changes


def warning_finder(newest: str) -> Callable[..., list[str]]:
    """The node function; `newest` is the encoder set against encoder_0."""

    def find_warnings(
        queries: pl.DataFrame,
        train_judgements: pl.DataFrame,
        dev_judgements: pl.DataFrame,
        test_judgements: pl.DataFrame,
        measurements: pl.DataFrame,
        comparisons: pl.DataFrame,
        ingestion_report: dict[str, Any],
        external_report: dict[str, Any],
        evaluation: EvaluationSettings,
        frozen_documents: bool,
        steps: int,
        batch_queries: int,
    ) -> list[str]:
        """What a reader of the measures must know, in sentences."""
        from trisampler.corpora.query_overlap import overlapping_queries
        from trisampler.evaluation import data_warnings
        from trisampler.evaluation.training_share import training_queries, unseen_warnings

        train = queries.join(train_judgements, on="query_id", how="semi")
        found: list[str] = []
        for split, judgements in (("test", test_judgements), ("dev", dev_judgements)):
            asked = queries.join(judgements, on="query_id", how="semi")
            overlap = overlapping_queries(asked, train)
            found += data_warnings.overlap_warnings(split, asked.height, overlap)
        found += data_warnings.merged_warnings(ingestion_report)
        found += unseen_warnings(training_queries(train_judgements), steps, batch_queries)
        found += data_warnings.size_warnings(comparisons, newest, evaluation)
        found += data_warnings.unjudged_warnings(measurements)
        found += data_warnings.external_warnings(external_report)
        if frozen_documents:
            found.append(data_warnings.DRAWN_WHILE_TRAINING)
        return found

    return find_warnings
