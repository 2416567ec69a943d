"""The training of one round: an encoder and examples in, the best encoder out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.training.dev_pool import DevPool
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples
from trisampler.training.launching import Launch, train_on_this_machine
from trisampler.training.result import TrainingResult
from trisampler.training.settings import TrainingSettings
from trisampler.training.task import TrainingTask

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder
    from trisampler.training.frozen_corpus import FrozenCorpus

_LOGGER = logging.getLogger(__name__)


def train_encoder(
    encoder: Encoder,
    examples: TrainingExamples,
    dev_pool: DevPool | None,
    settings: TrainingSettings,
    *,
    seed: int,
    round_number: int,
    checkpoint_folder: Path,
    frozen_corpus: FrozenCorpus | None = None,
    launch: Launch = train_on_this_machine,
    description: str = "Training",
) -> TrainingResult:
    """Train `encoder` in place and give it the weights of the best measurement.

    Called again after an interruption with the same arguments, it goes on from the last checkpoint
    and ends, on the same device, with the very same losses and weights. The last checkpoint stays
    when it returns, so that a result that could not be saved is there again at once: save it, then
    call `checkpoints.remove_checkpoints`.

    Args:
        encoder: both towers are trained, or that of the queries alone with `frozen_documents`; one
            tower for both is parted in two then, and with `separate_towers`.
        examples: of the train split.
        dev_pool: measured before the first step, every `evaluate_every` steps and after the last;
            None or empty: nothing is measured, and the last weights are the result.
        settings: see their descriptions.
        seed: with the round decides the batches and the dropout.
        round_number: from 1.
        frozen_corpus: needed with `frozen_documents`.
        checkpoint_folder: for this training's use alone. What another training left in it goes with
            the first checkpoint.
        launch: who trains.
        description: of the progress bar.

    Raises:
        TrainingError: the loss diverged, checkpoints cannot be written, or the examples hold
            nothing to contrast.
    """
    if dev_pool is not None and not len(dev_pool):
        _LOGGER.warning("The dev pool has no query: training cannot tell its best step.")
        dev_pool = None
    if settings.frozen_documents:
        if frozen_corpus is None:
            raise TrainingError("frozen_documents is true, but no frozen corpus was given")
    else:
        frozen_corpus = None
    if settings.frozen_documents or settings.separate_towers:
        encoder.part_towers()
    task = TrainingTask(
        encoder, examples, dev_pool, settings, seed, round_number, frozen_corpus, description
    )
    return launch(task, checkpoint_folder)
