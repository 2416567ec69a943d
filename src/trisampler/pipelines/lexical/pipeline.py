"""The lexical baseline."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.lexical.nodes import search_with_bm25


def create_pipeline() -> Pipeline:
    """Search every split's queries with BM25."""
    return Pipeline(
        [
            Node(
                search_with_bm25,
                inputs=[
                    "corpus",
                    "queries",
                    "train_judgements",
                    "dev_judgements",
                    "test_judgements",
                    "params:lexical",
                    "params:retrieval",
                ],
                outputs=["bm25.candidates", "bm25.dev_run", "bm25.test_run"],
                name="search_with_bm25",
            )
        ],
        namespace="lexical",
        prefix_datasets_with_namespace=False,
    )
