"""Modular pipelines under a namespace, with the names that mean the same everywhere left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kedro.pipeline import Node, Pipeline

_SHARED = {
    "corpus",
    "queries",
    "evaluated_queries",
    "train_judgements",
    "dev_judgements",
    "test_judgements",
    "given_negatives",
    "passages",
    "ingestion_report",
    "vector_cache",
    "teacher_cache",
    "dev_pool",
    "metrics",
    "comparisons",
    "encoder_0",
}


def in_namespace(
    namespace: str,
    parts: Iterable[Node | Pipeline],
    *,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
) -> Pipeline:
    """`parts` as one pipeline whose datasets are named `<namespace>.<dataset>`.

    Parameters and the datasets that the whole DAG shares keep their names.

    Args:
        namespace: Of nodes and datasets.
        parts: Nodes and pipelines.
        inputs: Name inside -> name outside, for inputs that come from another namespace.
        outputs: The same for outputs.
    """
    whole = Pipeline(parts)
    return Pipeline(
        whole,
        namespace=namespace,
        inputs={name: name for name in whole.inputs() & _SHARED} | dict(inputs or {}),
        outputs=dict(outputs or {}),
        parameters={name for name in whole.inputs() if name.startswith("params:")},
    )
