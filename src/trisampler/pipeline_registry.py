"""The project's pipelines, shaped by conf/<env>/structure.yml."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from trisampler.pipelines import (
    base_encoder,
    development,
    evaluation,
    ingestion,
    lexical,
    reporting,
)
from trisampler.pipelines.rounds import create_round
from trisampler.structure import current_structure


def register_pipelines() -> dict[str, Pipeline]:
    """All pipelines by name; `__default__` is the whole DAG."""
    structure = current_structure()
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "lexical": lexical.create_pipeline(),
        "base_encoder": base_encoder.create_pipeline(),
        "development": development.create_pipeline(),
        **{f"round_{n}": create_round(n) for n in range(1, structure.rounds + 1)},
        "evaluation": evaluation.create_pipeline(structure.rounds),
        "reporting": reporting.create_pipeline(structure.rounds),
    }
    return {"__default__": sum(stages.values(), Pipeline([])), **stages}
