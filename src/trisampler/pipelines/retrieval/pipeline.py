"""Candidate retrieval."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.retrieval.nodes import retrieve_candidates, retrieve_neighbours


def create_pipeline() -> Pipeline:
    """Retrieve the candidates of training queries and, where used, their positives' neighbours."""
    return Pipeline(
        [
            Node(
                retrieve_candidates,
                inputs=[
                    "query_embeddings",
                    "corpus_embeddings",
                    "index",
                    "train_judgements",
                    "params:retrieval.depth",
                    "params:cluster",
                ],
                outputs="candidates",
                name="retrieve_candidates",
            ),
            Node(
                retrieve_neighbours,
                inputs=[
                    "corpus_embeddings",
                    "index",
                    "train_judgements",
                    "params:retrieval.neighbours",
                    "params:sampling.pools",
                    "params:cluster",
                ],
                outputs="neighbours",
                name="retrieve_neighbours",
            ),
        ],
        namespace="retrieval",
        prefix_datasets_with_namespace=False,
    )
