"""Teaching."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.teaching.nodes import score_candidates


def create_pipeline() -> Pipeline:
    """Score the candidates of a round with the teacher, where there is one."""
    return Pipeline(
        [
            Node(
                score_candidates,
                inputs=[
                    "candidates",
                    "lexical_candidates",
                    "neighbours",
                    "given_negatives",
                    "corpus",
                    "queries",
                    "train_judgements",
                    "teacher_cache",
                    "params:teacher",
                    # Which pools are in use, and no more: how many are drawn is no matter here.
                    "params:sampling.sampler",
                    "params:sampling.parameters",
                    "params:sampling.pools",
                ],
                outputs="teacher_scores",
                name="score_candidates",
            )
        ],
        namespace="teaching",
        prefix_datasets_with_namespace=False,
    )
