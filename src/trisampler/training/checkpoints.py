"""Where a training stands, on disk: whole or not at all, and only for the training it belongs to.

    FOLDER/OWNER/step-00000060/   weights.safetensors, optimizer.pt, history.parquet
    FOLDER/OWNER/best-00000030/   weights.safetensors

A checkpoint is written under a temporary name, flushed to disk and renamed. Those that it replaces
go only afterwards, so that at any moment the newest whole checkpoint and the best weights it speaks
of are there. The last ones outlive the training: only who saves its result knows when it is safe.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.atomic import flush, replaced_folder
from trisampler.training.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

_WEIGHTS, _OPTIMIZER, _HISTORY = "weights.safetensors", "optimizer.pt", "history.parquet"
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """All that is needed to go on after `history`'s last step."""

    weights: Mapping[str, Tensor]
    objective: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    history: pl.DataFrame


class Checkpoints:
    """The checkpoints of one training, in a folder of its own.

    Args:
        folder: made if it is missing. Nothing else may be kept in it.
        owner: identifies the training. What another left in the folder is not read, and goes with
            the first checkpoint of this one.

    Raises:
        CheckpointError: the folder cannot be written.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._own = folder / owner[:32]
        with _explained(folder):
            self._own.mkdir(parents=True, exist_ok=True)
            for torn in self._own.glob(".*.tmp"):
                shutil.rmtree(torn)
            probe = self._own / ".probe"
            probe.touch()
            probe.unlink()

    def latest(self) -> Position | None:
        """The newest checkpoint of this training, or None where there is none to go on from."""
        for foreign in self._folder.glob("*/step-*"):
            if foreign.parent != self._own:
                _LOGGER.info("Ignoring the checkpoint %s: it is of another training.", foreign)
        for folder in sorted(self._own.glob("step-*"), reverse=True):
            try:
                return _read_position(folder)
            except Exception as error:  # torch, safetensors and polars each raise their own
                _LOGGER.warning("Ignoring the damaged checkpoint %s: %s", folder, error)
        return None

    def best_weights(self, step: int) -> dict[str, Tensor]:
        """The weights that `save_best` wrote for `step`.

        Raises:
            CheckpointError: they are missing or damaged.
        """
        from safetensors.torch import load_file

        file = self._own / _best_name(step) / _WEIGHTS
        try:
            weights: dict[str, Tensor] = load_file(file)
        except Exception as error:
            raise CheckpointError(
                f"the best weights, of step {step}, cannot be read from {file} ({error}); remove "
                f"{self._folder} and train again"
            ) from error
        return weights

    def save_best(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Keep the best weights so far."""
        from safetensors.torch import save_file

        with self._whole(_best_name(step)) as temporary:
            save_file(dict(weights), temporary / _WEIGHTS)

    def save(self, position: Position, step: int, best_step: int) -> None:
        """Keep the position after `step`; then drop every other one and all best weights but one.

        Raises:
            CheckpointError: it could not be written; the one before is still there.
        """
        import torch
        from safetensors.torch import save_file

        name = f"step-{step:08d}"
        with self._whole(name) as temporary:
            save_file(dict(position.weights), temporary / _WEIGHTS)
            state = {"objective": dict(position.objective), "optimizer": dict(position.optimizer)}
            torch.save(state, temporary / _OPTIMIZER)
            position.history.write_parquet(temporary / _HISTORY)
        kept = {self._own, self._own / name, self._own / _best_name(best_step)}
        # A file manager may leave files of its own between them.
        for folder in sorted({*self._folder.iterdir(), *self._own.iterdir()} - kept):
            if folder.is_dir():
                shutil.rmtree(folder)

    @contextmanager
    def _whole(self, name: str) -> Iterator[Path]:
        with _explained(self._folder), replaced_folder(self._own / name) as temporary:
            yield temporary
            for path in (*temporary.iterdir(), temporary):
                flush(path)
        flush(self._own)


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints in `folder`: for when what was trained is saved, and not before."""
    for owned in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(owned, ignore_errors=True)


def _best_name(step: int) -> str:
    return f"best-{step:08d}"


def _read_position(folder: Path) -> Position:
    import torch
    from safetensors.torch import load_file

    state = torch.load(folder / _OPTIMIZER, map_location="cpu", weights_only=True)
    return Position(
        weights=load_file(folder / _WEIGHTS),
        objective=state["objective"],
        optimizer=state["optimizer"],
        history=pl.read_parquet(folder / _HISTORY),
    )


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what a full or unwritable disk raises, which differs by writer, into one message."""
    try:
        yield
    except Exception as error:
        raise CheckpointError(
            f"checkpoints cannot be written to {folder} ({type(error).__name__}: {error}; "
            f"{_free_space(folder)}). Make room or make it writable and run again: training goes "
            "on from the last whole checkpoint, if there is one."
        ) from error


def _free_space(folder: Path) -> str:
    existing = next(path for path in (folder, *folder.parents) if path.is_dir())
    return f"{shutil.disk_usage(existing).free / 2**20:.0f} MiB free"
