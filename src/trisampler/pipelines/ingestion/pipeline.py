"""Ingestion: raw data to checked tables."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.ingestion.nodes import read_source


def create_pipeline() -> Pipeline:
    """Read and check the source."""
    return Pipeline(
        [
            Node(
                read_source,
                inputs=["params:source", "params:seed"],
                outputs=[
                    "corpus",
                    "queries",
                    "train_judgements",
                    "dev_judgements",
                    "test_judgements",
                    "ingestion_report",
                ],
                name="read_source",
            )
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )
