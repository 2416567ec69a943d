"""One training by several processes of this machine, that share each batch's work.

Each has a copy of the encoder; see `processes` for how their gradients become one. GPUs speak
through NCCL, CPUs through Gloo.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import torch

from trisampler.encoders.precision import resolve_device
from trisampler.errors import TrisamplerError
from trisampler.training.errors import TrainingError
from trisampler.training.loop import train_here
from trisampler.training.processes import Group
from trisampler.training.result import TrainingResult
from trisampler.training.settings import TrainingSettings
from trisampler.training.task import TrainingTask

_ENCODER, _WEIGHTS, _HISTORY, _ERROR = "encoder", "weights.safetensors", "history.parquet", "error"
_NOT_SENT: Any = None


def process_count(settings: TrainingSettings) -> int:
    """How many processes the settings ask for here.

    Raises:
        TrainingError: more than there are GPUs.
    """
    device = resolve_device(settings.device)
    particular = ":" in settings.device
    gpus = torch.cuda.device_count() if device.type == "cuda" and not particular else 0
    if settings.processes == "auto":
        return max(gpus, 1)
    if device.type == "cuda" and settings.processes > max(gpus, 1):
        raise TrainingError(
            f"training.processes is {settings.processes}, but there are {gpus} GPUs and each "
            "process needs one: lower it, or set training.device to cpu"
        )
    return settings.processes


def train_in_processes(task: TrainingTask, checkpoint_folder: Path, count: int) -> TrainingResult:
    """Train with `count` processes, and bring the result back into `task.encoder`.

    Raises:
        TrainingError: what one of them raised, or that one of them ended without a word.
    """
    from safetensors.torch import load_file

    with tempfile.TemporaryDirectory(prefix="trisampler-training-") as name:
        folder = Path(name)
        # Weights sent to another process would be memory that both of them change.
        task.encoder.to("cpu").save(folder / _ENCODER)
        _spawn(_Worker(folder, checkpoint_folder, count, replace(task, encoder=_NOT_SENT)))
        task.encoder.load_state_dict(load_file(folder / _WEIGHTS))
        history = pl.read_parquet(folder / _HISTORY)
    return TrainingResult(task.encoder, history)


def _spawn(worker: _Worker) -> None:
    from torch.multiprocessing.spawn import ProcessException, spawn

    try:
        # Daemons end with this process where it is interrupted.
        spawn(worker, nprocs=worker.count, daemon=True)  # type: ignore[no-untyped-call]
    except ProcessException as error:
        told = worker.folder / _ERROR
        if told.exists():
            raise TrainingError(told.read_text(encoding="utf-8")) from None
        raise TrainingError(
            f"one of the {worker.count} processes of the training ended: {error}. Run again: "
            "training goes on from the last checkpoint."
        ) from error


def join_group(backend: str, meeting: Path, rank: int, count: int) -> None:
    """Make torch.distributed's default group with those that call it with the same file.

    Args:
        backend: nccl or gloo.
        meeting: a file that is not there yet, in a folder of any name: as the address that torch
            takes it could have no space in it.
        rank: the number of this process.
        count: of all of them.
    """
    from torch import distributed

    store = distributed.FileStore(str(meeting), count)  # type: ignore[attr-defined]
    # Process 0 may measure for long before the others hear of it.
    store.set_timeout(distributed.default_pg_timeout)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=count)


@dataclass(frozen=True)
class _Worker:
    """What each process does; it is called with its rank."""

    folder: Path
    checkpoint_folder: Path
    count: int
    task: TrainingTask

    def __call__(self, rank: int) -> None:
        from torch import distributed

        from trisampler.encoders.encoder import Encoder

        settings = self.task.settings
        on_gpu = resolve_device(settings.device).type == "cuda"
        if on_gpu:
            torch.cuda.set_device(rank)
        else:
            torch.set_num_threads(max(1, torch.get_num_threads() // self.count))
        if rank > 0:
            logging.disable(logging.INFO)
        join_group("nccl" if on_gpu else "gloo", self.folder / "meeting", rank, self.count)
        try:
            encoder = Encoder.load_folder(self.folder / _ENCODER)
            task = replace(self.task, encoder=encoder)
            result = train_here(task, self.checkpoint_folder, Group())
            if rank == 0:
                self._leave(result)
        except TrisamplerError as error:
            if rank == 0:
                (self.folder / _ERROR).write_text(str(error), encoding="utf-8")
            raise
        finally:
            distributed.destroy_process_group()

    def _leave(self, result: TrainingResult) -> None:
        from safetensors.torch import save_file

        save_file(result.encoder.state_dict(), self.folder / _WEIGHTS)
        result.history.write_parquet(self.folder / _HISTORY)
