"""Search on dev and test."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.search.nodes import search_dev_and_test


def create_pipeline() -> Pipeline:
    """Search the corpus for every dev and test query."""
    return Pipeline(
        [
            Node(
                search_dev_and_test,
                inputs=[
                    "query_embeddings",
                    "corpus_embeddings",
                    "dev_judgements",
                    "test_judgements",
                    "params:evaluation",
                ],
                outputs=["dev_run", "test_run"],
                name="search_dev_and_test",
            )
        ],
        namespace="search",
        prefix_datasets_with_namespace=False,
    )
