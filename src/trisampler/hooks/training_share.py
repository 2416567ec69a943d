"""What a round's training will see of the training queries, told as it begins."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

_logger = logging.getLogger(__name__)
# Not the cells of a comparison, whose variants have steps of their own.
_TRAINING = re.compile(r"round_\d+\.training\.train_encoder")


class TrainingShareHooks:
    """Logs one line for each round."""

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Log it where the node trains the encoder of a round."""
        if not _TRAINING.fullmatch(node.name):
            return
        from trisampler.evaluation.training_share import training_queries, training_share

        training = inputs["params:training"]
        queries = training_queries(inputs["train_judgements"])
        if queries:  # without any the training itself says so
            _logger.info(
                "Training: %s", training_share(queries, training.steps, training.batch_queries)
            )
