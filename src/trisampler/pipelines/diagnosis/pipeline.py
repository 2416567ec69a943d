"""Diagnosis of the newest encoder."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.evaluation.systems import UNTUNED
from trisampler.pipelines.diagnosis.nodes import query_change_finder, warning_finder


def create_pipeline(rounds: int) -> Pipeline:
    """The newest encoder against encoder_0, query by query, and what to be warned of.

    Args:
        rounds: Number of rounds; the newest encoder is encoder_<rounds>.
    """
    newest = f"encoder_{rounds}"
    return Pipeline(
        [
            *(_find_query_changes(split, newest) for split in ("dev", "test")),
            _find_warnings(newest),
        ],
        namespace="diagnosis",
        prefix_datasets_with_namespace=False,
    )


def _find_query_changes(split: str, newest: str) -> Node:
    return Node(
        query_change_finder(split, newest),
        inputs=[
            f"{UNTUNED}.{split}_run",
            f"{newest}.{split}_run",
            f"{split}_judgements",
            "queries",
            "corpus",
            "passages",
            "measurements",
            "params:evaluation.primary",
        ],
        outputs=f"{split}_query_changes",
        name=f"find_{split}_query_changes",
    )


def _find_warnings(newest: str) -> Node:
    return Node(
        warning_finder(newest),
        inputs=[
            "queries",
            "train_judgements",
            "dev_judgements",
            "test_judgements",
            "measurements",
            "comparisons",
            "ingestion_report",
            "external_report",
            "params:evaluation",
            "params:training.frozen_documents",
            "params:training.steps",
            "params:training.batch_queries",
        ],
        outputs="data_warnings",
        name="find_warnings",
    )
