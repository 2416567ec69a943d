"""Evaluation of BM25, the pretrained encoder, every round's encoder, and systems of elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.evaluation.nodes import (
    compare,
    measure_external_systems,
    measure_system,
    read_external_runs,
)
from trisampler.pipelines.namespaces import in_namespace


def create_pipeline(rounds: int) -> Pipeline:
    """Measure every system on dev and test, and compare them.

    Args:
        rounds: Number of rounds; their encoders are encoder_1 to encoder_<rounds>.
    """
    systems = ["bm25", *(f"encoder_{number}" for number in range(rounds + 1))]
    return Pipeline(
        [
            *(in_namespace(system, [measuring()]) for system in systems),
            *_external(),
            _compare(systems),
        ],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )


def measuring(splits: Sequence[str] = ("dev", "test")) -> Node:
    """Measure a system's runs on dev and test.

    Args:
        splits: Those that are measured.
    """
    of_splits = [f"{split}_{what}" for what in ("run", "judgements") for split in splits]
    return Node(
        measure_system,
        inputs={
            "measures": "params:evaluation.measures",
            "passages": "passages",
            **{name: name for name in of_splits},
        },
        outputs="measurements",
        name="measure",
    )


def _external() -> list[Node]:
    return [
        Node(
            read_external_runs,
            inputs=[
                "params:evaluation.run_files",
                "params:evaluation.depth",
                "dev_judgements",
                "test_judgements",
                "corpus",
                "passages",
            ],
            outputs=["external_runs", "external_report"],
            name="read_external_runs",
        ),
        Node(
            measure_external_systems,
            inputs=[
                "external_runs",
                "dev_judgements",
                "test_judgements",
                "params:evaluation.measures",
                "passages",
            ],
            outputs="external_measurements",
            name="measure_external_systems",
        ),
    ]


def _compare(systems: list[str]) -> Node:
    return Node(
        compare,
        inputs={
            "external_measurements": "external_measurements",
            "evaluation": "params:evaluation",
            "seed": "params:seed",
            **{system: f"{system}.measurements" for system in systems},
        },
        outputs=["measurements", "metrics", "comparisons"],
        name="compare",
    )
