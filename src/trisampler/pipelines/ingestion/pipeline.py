"""Ingestion: raw data to checked tables."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.ingestion.nodes import hide_judgements, read_corpus, read_source


def create_pipeline() -> Pipeline:
    """Read and check the source; keep some training judgements back for the audit."""
    return Pipeline(
        [
            Node(
                read_source,
                inputs=["params:source", "params:preparation", "params:seed"],
                outputs=[
                    "corpus",
                    "passages",
                    "queries",
                    "all_train_judgements",
                    "dev_judgements",
                    "test_judgements",
                    "given_negatives",
                    "ingestion_report",
                ],
                name="read_source",
            ),
            Node(
                hide_judgements,
                inputs=["all_train_judgements", "passages", "params:audit", "params:seed"],
                outputs=["train_judgements", "hidden_judgements"],
                name="hide_judgements",
            ),
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )


def create_corpus_pipeline() -> Pipeline:
    """Read and check the source's corpus alone."""
    return Pipeline(
        [
            Node(
                read_corpus,
                inputs=["params:source", "params:preparation", "params:seed"],
                outputs=["corpus", "passages"],
                name="read_corpus",
            )
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )
