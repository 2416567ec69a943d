"""One training in progress: steps, measurements, checkpoints."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from trisampler.encoders.precision import precision_name, resolve_device
from trisampler.encoders.settings import EncodingSettings
from trisampler.hashing import derive_seed
from trisampler.progress import progress_bar
from trisampler.training.batches import Batches
from trisampler.training.checkpoints import Checkpoints, Position
from trisampler.training.dev_measure import MEASURE, measure_dev_pool
from trisampler.training.dev_pool import DevPool
from trisampler.training.divergence import check_outcome
from trisampler.training.errors import TrainingError
from trisampler.training.examples import TrainingExamples
from trisampler.training.history import History, StepRecord
from trisampler.training.schedule import learning_rate
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import Tensor
    from tqdm import tqdm

    from trisampler.encoders.encoder import Encoder

_LOGGER = logging.getLogger(__name__)


class TrainingLoop:
    """One training in progress; see `trisampler.training.trainer.train_encoder`."""

    def __init__(
        self,
        encoder: Encoder,
        examples: TrainingExamples,
        dev_pool: DevPool | None,
        settings: TrainingSettings,
        seed: int,
        round_number: int,
    ) -> None:
        from trisampler.training.step import Stepper

        if len(examples.document_ids) < 2:
            raise TrainingError(
                f"all train pairs share the document {examples.document_ids[0]!r} and there are "
                "no mined negatives: there is nothing to tell it apart from"
            )
        self._encoder = encoder
        self._examples = examples
        self._dev_pool = dev_pool
        self._settings = settings
        self._seed = seed
        self._round = round_number
        self._device = resolve_device(settings.device)
        self._encoder.to(self._device).eval()
        self._batches = Batches(examples, settings, seed, round_number)
        self._stepper = Stepper(encoder, examples, settings, self._device)
        self.history = History()

    def identity(self) -> str:
        """SHA-256 over all that decides the course of this training, in hexadecimal."""
        precision = precision_name(self._stepper.dtype)
        parts = {
            "settings": self._settings.model_dump(mode="json"),
            "encoder settings": self._encoder.settings.model_dump(mode="json"),
            "query encoder": self._encoder.fingerprint("query", precision),
            "document encoder": self._encoder.fingerprint("document", precision),
            "examples": self._examples.digest(),
            "dev pool": self._dev_pool.digest() if self._dev_pool is not None else None,
            "seed": self._seed,
            "round": self._round,
            "device": self._device.type,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def resume(self, checkpoints: Checkpoints) -> None:
        """Go to the last checkpoint; without one measure the encoder as it came."""
        position = checkpoints.latest()
        if position is not None:
            self._encoder.load_state_dict(position.weights)
            self._stepper.optimizer.load_state_dict(dict(position.optimizer))
            self.history = History.from_table(position.history)
            _LOGGER.info("Training goes on after step %d.", self.history.last_step)
        elif self._dev_pool is not None:
            self.history.add(StepRecord(step=0, dev=self._measure()))
            checkpoints.save_best(0, self._weights())

    def run(self, checkpoints: Checkpoints, description: str) -> None:
        """All steps that are left, or those until patience ends."""
        first = self.history.last_step + 1
        with progress_bar(self._settings.steps, description, "step") as bar:
            bar.initial = bar.n = first - 1
            for step in range(first, self._settings.steps + 1):
                if self._patience_is_over():
                    _LOGGER.info("Stopped early, after step %d.", step - 1)
                    break
                record = self._step(step)
                self.history.add(record)
                _show(bar, self.history)
                if record.dev is not None and self.history.best_step == step:
                    checkpoints.save_best(step, self._weights())
                if self._checkpoint_is_due(step):
                    checkpoints.save(self._position(), step, self.history.best_step)

    def restore_best(self, checkpoints: Checkpoints) -> int:
        """Put the best weights back; returns their step."""
        best_step = self.history.best_step
        if best_step != self.history.last_step:
            self._encoder.load_state_dict(checkpoints.best_weights(best_step))
        if best_step == 0:
            _LOGGER.warning(
                "No step of the training measured better on the dev pool than the encoder before "
                "it: the result is that encoder. Train longer or lower learning_rate (%g).",
                self._settings.learning_rate,
            )
        return best_step

    def _step(self, step: int) -> StepRecord:
        batch = self._batches.at(step)
        rate = learning_rate(step, self._settings)
        began = time.perf_counter()
        outcome = self._stepper.run(
            batch, rate, derive_seed(self._seed, "dropout", self._round, step)
        )
        seconds = time.perf_counter() - began
        check_outcome(outcome, step, batch, self._examples, self._settings, self.history.first_loss)
        return StepRecord(
            step=step,
            loss=outcome.loss,
            learning_rate=rate,
            gradient_norm=outcome.gradient_norm,
            queries_per_second=len(batch.query_rows_B) / seconds,
            dev=self._measure() if self._measurement_is_due(step) else None,
        )

    def _measurement_is_due(self, step: int) -> bool:
        return self._dev_pool is not None and self._is_landmark(step)

    def _checkpoint_is_due(self, step: int) -> bool:
        every = self._settings.checkpoint_every
        return self._is_landmark(step) or (every > 0 and step % every == 0)

    def _is_landmark(self, step: int) -> bool:
        return step % self._settings.evaluate_every == 0 or step == self._settings.steps

    def _patience_is_over(self) -> bool:
        return 0 < self._settings.patience <= self.history.measurements_since_best

    def _measure(self) -> float:
        assert self._dev_pool is not None
        settings = EncodingSettings(
            precision=self._settings.precision,
            device=self._settings.device,
            batch_tokens="auto",
            storage="float32",
        )
        return measure_dev_pool(self._encoder, self._dev_pool, settings)

    def _weights(self) -> Mapping[str, Tensor]:
        return self._encoder.state_dict()

    def _position(self) -> Position:
        return Position(self._weights(), self._stepper.optimizer.state_dict(), self.history.table())


def _show(bar: tqdm[None], history: History) -> None:
    record = history.records[-1]
    numbers = {"loss": f"{record.loss:.3f}", "queries/s": f"{record.queries_per_second:.1f}"}
    measured = [record.dev for record in history.records if record.dev is not None]
    if measured:
        numbers[f"dev {MEASURE}"] = f"{measured[-1]:.4f}"
    bar.set_postfix(numbers, refresh=False)
    bar.update()
