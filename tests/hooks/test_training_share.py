"""How much of the training queries a round sees is told as its training begins."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import polars as pl
import pytest

from planning import open_project
from project_conf import CONF
from trisampler.hooks.training_share import TrainingShareHooks
from trisampler.training.settings import TrainingSettings

INPUTS = {
    "train_judgements": pl.DataFrame({"query_id": [f"q{n}" for n in range(200)], "relevance": 1}),
    "params:training": TrainingSettings(steps=5, batch_queries=16),
}
SAID = (
    "Training: 5 steps of 16 queries come to 80 of 200 training queries (40.0%): "
    "training.steps=12 is one pass."
)


def test_one_line_for_each_round(caplog: pytest.LogCaptureFixture) -> None:
    pipelines, _ = open_project(CONF.parent, "smoke")
    rounds = 0
    with caplog.at_level(logging.INFO, logger="trisampler"):
        for node in pipelines["__default__"].nodes:
            TrainingShareHooks().before_node_run(node, INPUTS)
            if node.name.endswith(".train_encoder"):
                rounds += 1
                assert INPUTS.keys() <= set(node.inputs)
    assert rounds
    assert caplog.messages == [SAID] * rounds


def test_cells_of_a_comparison_have_steps_of_their_own(caplog: pytest.LogCaptureFixture) -> None:
    node = SimpleNamespace(name="comparison.tri.seed_1.training.train_encoder")
    with caplog.at_level(logging.INFO, logger="trisampler"):
        TrainingShareHooks().before_node_run(node, INPUTS)  # type: ignore[arg-type]
    assert caplog.messages == []
