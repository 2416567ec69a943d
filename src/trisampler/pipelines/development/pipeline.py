"""The dev pool, shared by all rounds so that their dev measures can be compared."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.development.nodes import choose_dev_pool


def create_pipeline() -> Pipeline:
    """Choose the pool from what BM25 and the pretrained encoder find."""
    return Pipeline(
        [
            Node(
                choose_dev_pool,
                inputs=[
                    "corpus",
                    "queries",
                    "dev_judgements",
                    "bm25.dev_run",
                    "encoder_0.dev_run",
                    "params:development",
                    "params:seed",
                ],
                outputs="dev_pool",
                name="choose_dev_pool",
            )
        ],
        namespace="development",
        prefix_datasets_with_namespace=False,
    )
