"""The release."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.release.nodes import make_bundle


def create_pipeline(rounds: int) -> Pipeline:
    """Make the bundle of the last round's encoder.

    Args:
        rounds: Number of rounds.
    """
    encoder = f"encoder_{rounds}"
    return Pipeline(
        [
            Node(
                make_bundle,
                inputs=[
                    encoder,
                    "corpus",
                    f"{encoder}.corpus_embeddings",
                    f"{encoder}.index",
                    "former_bundle",
                    "passages",
                ],
                outputs=["bundle", "release_report"],
                name="make_bundle",
            ),
        ],
        namespace="release",
        prefix_datasets_with_namespace=False,
    )
