"""Who trains: this process, others of this machine, or whoever a caller has do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trisampler.training.result import TrainingResult
from trisampler.training.task import TrainingTask

Launch = Callable[[TrainingTask, Path], TrainingResult]
"""From a task and its checkpoint folder to the result; the best weights are in the task's encoder
then. Called again after an interruption, it goes on from the last checkpoint."""


def train_on_this_machine(task: TrainingTask, checkpoint_folder: Path) -> TrainingResult:
    """Train in this process, or in as many as the settings ask for.

    Raises:
        TrainingError: see `trainer.train_encoder`; or more processes than there are GPUs.
    """
    from trisampler.training.joint_training import process_count, train_in_processes
    from trisampler.training.loop import train_here
    from trisampler.training.processes import Alone

    count = process_count(task.settings)
    if count == 1:
        return train_here(task, checkpoint_folder, Alone())
    return train_in_processes(task, checkpoint_folder, count)
