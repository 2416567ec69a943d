"""Training."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.training.nodes import encoder_trainer


def create_pipeline(round_number: int) -> Pipeline:
    """Train the encoder of a round."""
    return Pipeline(
        [
            Node(
                encoder_trainer(round_number),
                inputs=[
                    "encoder",
                    "corpus",
                    "queries",
                    "train_judgements",
                    "negatives",
                    "near_duplicates",
                    "dev_pool",
                    "corpus_embeddings",
                    "checkpoints",
                    "params:training",
                    "params:sampling",
                    "params:retrieval.depth",
                    "params:seed",
                    "params:cluster",
                ],
                outputs=["trained_encoder", "training_history"],
                name="train_encoder",
            )
        ],
        namespace="training",
        prefix_datasets_with_namespace=False,
    )
