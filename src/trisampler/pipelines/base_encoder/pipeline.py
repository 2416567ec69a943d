"""The pretrained encoder."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.base_encoder.nodes import load_pretrained


def create_pipeline() -> Pipeline:
    """Load encoder_0."""
    return Pipeline(
        [
            Node(
                load_pretrained,
                inputs="params:encoder",
                outputs="encoder_0",
                name="load_pretrained",
            )
        ],
        namespace="base_encoder",
        prefix_datasets_with_namespace=False,
    )
