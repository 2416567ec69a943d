"""What a card says of an encoder is the encoder's own."""

from __future__ import annotations

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.pipelines.reporting.nodes import model_card_writer


def test_name_and_prompts_are_those_of_the_encoder() -> None:
    trained = Encoder.load(EncoderSettings(name="untrained:1", query_prompt="find: "))
    card = model_card_writer("encoder_1")(
        encoder=trained,
        base=trained,
        ingestion_report={},
        metrics={"dev": {"encoder_1": {"nDCG@10": 0.5}}},
        comparisons=pl.DataFrame(
            schema={"system": pl.String, "measure": pl.String, "sentence": pl.String}
        ),
        parameters={
            "encoder": EncoderSettings(name="untrained:2", query_prompt="hello"),
            "evaluation": EvaluationSettings(),
        },
    )
    said, _, shown = card.partition("## Parameters")
    assert "untrained:1" in said
    assert '"find: "' in said
    assert "hello" not in said
    assert "hello" in shown
