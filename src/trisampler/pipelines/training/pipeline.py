"""Training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kedro.pipeline import Node, Pipeline

_DATASETS = (
    "encoder",
    "corpus",
    "queries",
    "train_judgements",
    "negatives",
    "near_duplicates",
    "dev_pool",
    "corpus_embeddings",
    "checkpoints",
)
_PARAMETERS = {
    "training": "params:training",
    "sampling": "params:sampling",
    "depth": "params:retrieval.depth",
    "seed": "params:seed",
    "cluster": "params:cluster",
}


def create_pipeline(
    trainer: Callable[..., Any], more_inputs: Mapping[str, str] | None = None
) -> Pipeline:
    """Train an encoder.

    Args:
        trainer: The node function, of a round or of a cell of the comparison.
        more_inputs: What the function takes besides, argument -> dataset.
    """
    return Pipeline(
        [
            Node(
                trainer,
                inputs={
                    **{name: name for name in _DATASETS},
                    **_PARAMETERS,
                    **(more_inputs or {}),
                },
                outputs=["trained_encoder", "training_history"],
                name="train_encoder",
            )
        ],
        namespace="training",
        prefix_datasets_with_namespace=False,
    )
