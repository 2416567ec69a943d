"""One training in progress: steps, measurements, checkpoints."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.encoders.precision import resolve_device
from trisampler.encoders.settings import EncodingSettings
from trisampler.hashing import derive_seed
from trisampler.interruption import postponed
from trisampler.progress import progress_bar
from trisampler.training.adapters import adapters
from trisampler.training.batches import Batches
from trisampler.training.checkpoints import Checkpoints, Position
from trisampler.training.dev_measure import MEASURE, measure_dev_pool
from trisampler.training.divergence import check_outcome
from trisampler.training.errors import TrainingError
from trisampler.training.fit import check_encoder
from trisampler.training.history import History, StepRecord
from trisampler.training.processes import Processes
from trisampler.training.result import TrainingResult
from trisampler.training.schedule import learning_rate
from trisampler.training.task import TrainingTask

if TYPE_CHECKING:
    from torch import Tensor
    from tqdm import tqdm

_LOGGER = logging.getLogger(__name__)


class TrainingLoop:
    """One training in progress, in this process or in this and others."""

    def __init__(self, task: TrainingTask, processes: Processes) -> None:
        from trisampler.training.step import Stepper

        if len(task.examples.document_ids) < 2:
            raise TrainingError(
                f"all train pairs share the document {task.examples.document_ids[0]!r} and there "
                "are no mined negatives: there is nothing to tell it apart from"
            )
        check_encoder(task.encoder, task.settings)
        self._encoder = task.encoder
        self._examples = task.examples
        self._dev_pool = task.dev_pool
        self._settings = task.settings
        self._seed = task.seed
        self._round = task.round_number
        self._processes = processes
        device = resolve_device(task.settings.device)
        self._encoder.to(device).eval()
        self._batches = Batches(task.examples, task.settings, task.seed, task.round_number)
        self._stepper = Stepper(task, device, processes)
        self.history = History()

    def resume(self, checkpoints: Checkpoints | None) -> None:
        """Go to the last checkpoint; without one measure the encoder as it came.

        Args:
            checkpoints: None in the processes that do not write; they are told.
        """
        position = self._processes.agree_on(checkpoints.latest() if checkpoints else None)
        if position is not None:
            self._encoder.load_state_dict(position.weights)
            self._stepper.objective.load_state_dict(position.objective)
            self._stepper.optimizer.load_state_dict(dict(position.optimizer))
            self.history = History.from_table(position.history)
            _LOGGER.info("Training goes on after step %d.", self.history.last_step)
        elif self._dev_pool is not None:
            self.history.add(StepRecord(step=0, dev=self._measure()))
            if checkpoints:
                checkpoints.save_best(0, self._weights())

    def run(self, checkpoints: Checkpoints | None, description: str) -> None:
        """All steps that are left, or those until patience ends.

        Args:
            checkpoints: as in `resume`.
            description: of the progress bar.
        """
        first = self.history.last_step + 1
        with (
            progress_bar(
                self._settings.steps, description, "step", shown=checkpoints is not None
            ) as bar,
            postponed() as interruption,
        ):
            bar.initial = bar.n = first - 1
            for step in range(first, self._settings.steps + 1):
                if self._patience_is_over():
                    _LOGGER.info("Stopped early, after step %d.", step - 1)
                    break
                self.history.add(self._step(step))
                _show(bar, self.history)
                if checkpoints:
                    self._keep(checkpoints, step)
                interrupted = interruption()
                if interrupted and checkpoints:
                    self._keep_where_it_stands(checkpoints, step)
                if interrupted:
                    raise interrupted

    def restore_best(self, checkpoints: Checkpoints) -> None:
        """Put the best weights back."""
        best_step = self.history.best_step
        if best_step != self.history.last_step:
            self._encoder.load_state_dict(checkpoints.best_weights(best_step))
        if best_step == 0:
            _LOGGER.warning(
                "No step of the training measured better on the dev pool than the encoder before "
                "it: the result is that encoder. Train longer or lower learning_rate (%g).",
                self._settings.learning_rate,
            )

    def _keep(self, checkpoints: Checkpoints, step: int) -> None:
        if self.history.records[-1].dev is not None and self.history.best_step == step:
            checkpoints.save_best(step, self._weights())
        if self._checkpoint_is_due(step):
            checkpoints.save(self._position(), step, self.history.best_step)

    def _keep_where_it_stands(self, checkpoints: Checkpoints, step: int) -> None:
        if not self._checkpoint_is_due(step):
            checkpoints.save(self._position(), step, self.history.best_step)
        _LOGGER.info("Interrupted; a checkpoint holds step %d.", step)

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
            temperature=outcome.temperature,
            dev=self._measure() if self._measurement_is_due(step) else None,
            documents=outcome.documents,
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
        measured = self._measured_here() if self._processes.rank == 0 else math.nan
        return self._processes.agree_on(measured)

    def _measured_here(self) -> float:
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
        return Position(
            self._weights(),
            self._stepper.objective.state_dict(),
            self._stepper.optimizer.state_dict(),
            self.history.table(),
        )


def train_here(task: TrainingTask, checkpoint_folder: Path, processes: Processes) -> TrainingResult:
    """Train with this process, and with the others of `processes` that do the same.

    Process 0 alone reads and writes checkpoints, and has the best weights in the end. The last
    checkpoint stays: the result is nowhere else on disk.
    """
    checkpoints = None
    if processes.rank == 0:
        checkpoints = Checkpoints(checkpoint_folder, task.identity())
    if task.frozen_corpus is not None:
        # Here, in every process: weight decay would move weights that have no gradient.
        task.encoder.tower("document").requires_grad_(False)
    first_values = derive_seed(task.seed, "adapters", task.round_number)
    with adapters(task.encoder, task.settings.lora_rank, first_values):
        training = TrainingLoop(task, processes)
        training.resume(checkpoints)
        training.run(checkpoints, task.description)
        if checkpoints:
            training.restore_best(checkpoints)
    return TrainingResult(task.encoder, training.history.table())


def _show(bar: tqdm[None], history: History) -> None:
    record = history.records[-1]
    numbers = {"loss": f"{record.loss:.3f}", "queries/s": f"{record.queries_per_second:.1f}"}
    measured = [record.dev for record in history.records if record.dev is not None]
    if measured:
        numbers[f"dev {MEASURE}"] = f"{measured[-1]:.4f}"
    bar.set_postfix(numbers, refresh=False)
    bar.update()
