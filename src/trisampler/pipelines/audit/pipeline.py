"""The audit."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.audit.nodes import audit_negatives

_OF_A_ROUND = ("negatives", "candidates", "diagnostics")


def create_pipeline(rounds: int) -> Pipeline:
    """Audit the negatives of all rounds, each beside the former.

    Args:
        rounds: Number of rounds.
    """
    return Pipeline(
        [
            Node(
                audit_negatives,
                inputs={
                    "hidden_judgements": "hidden_judgements",
                    "alpha": "params:evaluation.alpha",
                    **{
                        f"{kind}_of_round_{number}": f"round_{number}.{kind}"
                        for kind in _OF_A_ROUND
                        for number in range(1, rounds + 1)
                    },
                },
                outputs="audit",
                name="audit_negatives",
            )
        ],
        namespace="audit",
        prefix_datasets_with_namespace=False,
    )
