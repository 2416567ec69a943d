"""Sampling."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.sampling.nodes import negatives_drawer


def create_pipeline(round_number: int) -> Pipeline:
    """Draw the negatives of a round."""
    return Pipeline(
        [
            Node(
                negatives_drawer(round_number),
                inputs=[
                    "candidates",
                    "lexical_candidates",
                    "neighbours",
                    "teacher_scores",
                    "query_embeddings",
                    "corpus_embeddings",
                    "corpus",
                    "train_judgements",
                    "given_negatives",
                    "params:sampling",
                    "params:seed",
                ],
                outputs=["negatives", "diagnostics", "plane", "near_duplicates"],
                name="draw_negatives",
            )
        ],
        namespace="sampling",
        prefix_datasets_with_namespace=False,
    )
