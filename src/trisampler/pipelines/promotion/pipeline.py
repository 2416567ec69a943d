"""Promotion."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.evaluation.systems import UNTUNED
from trisampler.pipelines import embedding, indexing
from trisampler.pipelines.namespaces import in_namespace
from trisampler.pipelines.promotion.nodes import (
    choose_gate_queries,
    find_incumbent,
    gate_keeper,
    measure_at_gate,
    release_bundle,
)
from trisampler.pipelines.search.pipeline import FOUND_BY, search_for


def create_pipeline(rounds: int) -> Pipeline:
    """Set the last round's encoder against the champion, and register the bundle.

    Args:
        rounds: Number of rounds.
    """
    candidate = f"encoder_{rounds}"
    return (
        Pipeline(
            [
                _choose_gate_queries(),
                _measure_candidate(candidate),
                _measure_incumbent(candidate),
                _decide(candidate),
            ],
            namespace="promotion",
            prefix_datasets_with_namespace=False,
        )
        + create_registration()
    )


def create_registration() -> Pipeline:
    """Register the bundle by what the gate has decided of its encoder."""
    return Pipeline(
        [
            Node(
                release_bundle,
                inputs=["bundle", "promotion"],
                outputs="registered_model",
                name="register_bundle",
            )
        ],
        namespace="promotion",
        prefix_datasets_with_namespace=False,
    )


def _choose_gate_queries() -> Node:
    return Node(
        choose_gate_queries,
        inputs=["queries", "dev_judgements", "test_judgements", "params:promotion.split"],
        outputs=["gate_queries", "gate_judgements"],
        name="choose_gate_queries",
    )


def _measure_candidate(candidate: str) -> Pipeline:
    """The new encoder by the vectors and the index that it has of the corpus as it is.

    What evaluation measured of it may be older: a refresh embeds other documents and measures
    nothing.
    """
    return in_namespace(
        "candidate",
        _search_and_measure(),
        inputs={
            "gate_judgements": "gate_judgements",
            **{name: f"{candidate}.{name}" for name in FOUND_BY},
        },
    )


def _measure_incumbent(candidate: str) -> Pipeline:
    """The champion's encoder, by vectors and an index of its own."""
    find = Node(
        find_incumbent,
        inputs=["champion", UNTUNED, candidate],
        outputs=["encoder", "facts"],
        name="find_incumbent",
    )
    embed = Pipeline(embedding.create_pipeline(), inputs={"queries": "gate_queries"})
    return in_namespace(
        "incumbent",
        [find, embed, indexing.create_pipeline(), *_search_and_measure()],
        inputs={name: name for name in ("champion", candidate, "gate_queries", "gate_judgements")},
    )


def _search_and_measure() -> list[Node]:
    return [
        search_for("gate"),
        Node(
            measure_at_gate,
            inputs=["gate_run", "gate_judgements", "passages", "params:promotion.measure"],
            outputs="gate_measurements",
            name="measure_at_gate",
        ),
    ]


def _decide(candidate: str) -> Node:
    return Node(
        gate_keeper(candidate),
        inputs=[
            "candidate.gate_measurements",
            "incumbent.gate_measurements",
            "incumbent.facts",
            "params:promotion",
            "params:evaluation.permutations",
            "params:seed",
        ],
        outputs=["promotion", "promotion_table"],
        name="decide",
    )
