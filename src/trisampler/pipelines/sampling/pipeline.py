"""Sampling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kedro.pipeline import Node, Pipeline

_TABLES_AND_VECTORS = (
    "candidates",
    "lexical_candidates",
    "neighbours",
    "teacher_scores",
    "query_embeddings",
    "corpus_embeddings",
    "corpus",
    "train_judgements",
    "given_negatives",
)
_PARAMETERS = ("sampling", "seed")


def create_pipeline(
    drawer: Callable[..., Any], more_inputs: Mapping[str, str] | None = None
) -> Pipeline:
    """Draw negatives.

    Args:
        drawer: The node function, of a round or of a cell of the comparison.
        more_inputs: What the function takes besides, argument -> dataset.
    """
    return Pipeline(
        [
            Node(
                drawer,
                inputs={
                    **{name: name for name in _TABLES_AND_VECTORS},
                    **{name: f"params:{name}" for name in _PARAMETERS},
                    **(more_inputs or {}),
                },
                outputs=["negatives", "diagnostics", "plane", "near_duplicates"],
                name="draw_negatives",
            )
        ],
        namespace="sampling",
        prefix_datasets_with_namespace=False,
    )
