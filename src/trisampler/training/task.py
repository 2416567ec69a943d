"""All that decides the course of a training."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trisampler.encoders.precision import precision_name, resolve_device
from trisampler.training.dev_pool import DevPool
from trisampler.training.examples import TrainingExamples
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder
    from trisampler.training.frozen_corpus import FrozenCorpus


@dataclass(frozen=True)
class TrainingTask:
    """An encoder to be trained in place, on what, and how; see `trainer.train_encoder`.

    `description` is what its progress bar says, and decides nothing.
    """

    encoder: Encoder
    examples: TrainingExamples
    dev_pool: DevPool | None
    settings: TrainingSettings
    seed: int
    round_number: int
    frozen_corpus: FrozenCorpus | None = None
    description: str = "Training"

    def identity(self) -> str:
        """SHA-256 over all that decides, the weights before training included, in hexadecimal."""
        from trisampler.training.batch_encoder import training_precision

        device = resolve_device(self.settings.device)
        precision = precision_name(training_precision(self.settings, device))
        parts = {
            "settings": self.settings.model_dump(mode="json"),
            "encoder settings": self.encoder.settings.model_dump(mode="json"),
            "query encoder": self.encoder.fingerprint("query", precision),
            "document encoder": self.encoder.fingerprint("document", precision),
            "examples": self.examples.digest(),
            "dev pool": self.dev_pool.digest() if self.dev_pool is not None else None,
            "frozen corpus": self.frozen_corpus.digest() if self.frozen_corpus else None,
            "seed": self.seed,
            "round": self.round_number,
            "device": device.type,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
