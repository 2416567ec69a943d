"""Evaluation of BM25, the pretrained encoder and every round's encoder."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines import embedding
from trisampler.pipelines.evaluation.nodes import compare, measure_system, search_with_encoder

_JUDGEMENTS = {"dev_judgements", "test_judgements"}
_PARAMETERS = {"params:evaluation"}


def create_pipeline(rounds: int) -> Pipeline:
    """Measure every system on dev and test.

    Args:
        rounds: Number of rounds; their encoders are encoder_1 to encoder_<rounds>.
    """
    encoders = [f"encoder_{number}" for number in range(rounds + 1)]
    return Pipeline(
        [
            _embed_with(encoders[-1]),
            _measure_run_of("bm25"),
            *(_search_and_measure(encoder) for encoder in encoders),
            _compare(["bm25", *encoders]),
        ],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )


def _embed_with(encoder: str) -> Pipeline:
    """Embed with the last encoder, which no later round does."""
    return Pipeline(
        embedding.create_pipeline(),
        inputs={"encoder": encoder},
        outputs={
            "corpus_embeddings": f"{encoder}.corpus_embeddings",
            "query_embeddings": f"{encoder}.query_embeddings",
        },
    )


def _measure() -> Node:
    return Node(
        measure_system,
        inputs=["dev_run", "test_run", "dev_judgements", "test_judgements", "params:evaluation"],
        outputs="measurements",
        name="measure",
    )


def _measure_run_of(system: str) -> Pipeline:
    return Pipeline([_measure()], namespace=system, inputs=_JUDGEMENTS, parameters=_PARAMETERS)


def _search_and_measure(system: str) -> Pipeline:
    search = Node(
        search_with_encoder,
        inputs=[
            "query_embeddings",
            "corpus_embeddings",
            "dev_judgements",
            "test_judgements",
            "params:evaluation",
        ],
        outputs=["dev_run", "test_run"],
        name="search",
    )
    return Pipeline(
        [search, _measure()], namespace=system, inputs=_JUDGEMENTS, parameters=_PARAMETERS
    )


def _compare(systems: list[str]) -> Pipeline:
    return Pipeline(
        [
            Node(
                compare,
                inputs={
                    "evaluation": "params:evaluation",
                    "seed": "params:seed",
                    **{system: f"{system}.measurements" for system in systems},
                },
                outputs=["measurements", "metrics", "comparisons"],
                name="compare",
            )
        ]
    )
