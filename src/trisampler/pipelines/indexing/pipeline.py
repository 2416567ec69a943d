"""Indexing."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.indexing.nodes import build_index


def create_pipeline() -> Pipeline:
    """Build the index of an embedded corpus; by default it has nothing but a manifest."""
    return Pipeline(
        [
            Node(
                build_index,
                inputs=[
                    "corpus_embeddings",
                    "query_embeddings",
                    "params:search",
                    "params:seed",
                ],
                outputs=["index", "index_report"],
                name="build_index",
            )
        ],
        namespace="indexing",
        prefix_datasets_with_namespace=False,
    )
