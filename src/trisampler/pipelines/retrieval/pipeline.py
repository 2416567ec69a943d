"""Candidate retrieval."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.retrieval.nodes import retrieve_candidates


def create_pipeline() -> Pipeline:
    """Retrieve the candidates of training queries."""
    return Pipeline(
        [
            Node(
                retrieve_candidates,
                inputs=[
                    "query_embeddings",
                    "corpus_embeddings",
                    "train_judgements",
                    "params:retrieval",
                ],
                outputs="candidates",
                name="retrieve_candidates",
            )
        ],
        namespace="retrieval",
        prefix_datasets_with_namespace=False,
    )
