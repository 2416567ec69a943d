"""The survey of samplers."""

from kedro.pipeline import Node, Pipeline

from trisampler.pipelines.survey.nodes import plot_samplers, survey_samplers, write_survey


def create_pipeline() -> Pipeline:
    """Draw with every sampler from what round 1 draws from, and show it side by side."""
    return Pipeline(
        [
            Node(
                survey_samplers,
                inputs=[
                    "round_1.candidates",
                    "bm25.candidates",
                    "round_1.neighbours",
                    "given_negatives",
                    "round_1.teacher_scores",
                    "encoder_0.query_embeddings",
                    "encoder_0.corpus_embeddings",
                    "corpus",
                    "train_judgements",
                    "hidden_judgements",
                    "params:sampling",
                    "params:survey",
                    "params:evaluation.alpha",
                    "params:seed",
                ],
                outputs=["survey", "survey_plane"],
                name="survey_samplers",
            ),
            Node(
                plot_samplers,
                inputs=["survey", "survey_plane"],
                outputs="survey_plot",
                name="plot_samplers",
            ),
            Node(write_survey, inputs="survey", outputs="survey_table", name="write_survey"),
        ],
        namespace="survey",
        prefix_datasets_with_namespace=False,
    )
