"""Training by workers of a Ray cluster, started and started again by Ray Train.

They are the processes of `training.processes`, with the same shares of each batch and one
synchronisation a step. Process 0 keeps the checkpoints, in a folder that every node has to see:
where a worker dies, Ray Train begins all of them anew, and they go on from the last checkpoint.
"""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trisampler.cluster.connection import connected
from trisampler.cluster.errors import ClusterError
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.shares import Share, nodes_of, share_among_all, share_among_any
from trisampler.cluster.workers import MOST_RETRIES
from trisampler.errors import TrisamplerError
from trisampler.training.errors import CheckpointError
from trisampler.training.launching import Launch, train_on_this_machine
from trisampler.training.result import TrainingResult
from trisampler.training.task import TrainingTask

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor


def training_by(cluster: ClusterSettings) -> Launch:
    """Who trains, by the settings."""
    if cluster.kind == "none":
        return train_on_this_machine

    def train(task: TrainingTask, checkpoint_folder: Path) -> TrainingResult:
        ray = connected(cluster)
        share = _share(ray, cluster, task.settings.processes)
        checkpoint_folder = checkpoint_folder.resolve()
        checkpoint_folder.mkdir(parents=True, exist_ok=True)
        sent = ray.put(replace(task, encoder=task.encoder.to("cpu")))
        told = _fit({"task": sent, "checkpoints": checkpoint_folder, "threads": share.cpus}, share)
        if isinstance(told, TrisamplerError):
            raise told
        task.encoder.load_state_dict(told.weights)
        return TrainingResult(task.encoder, told.history)

    return train


def _share(ray: Any, cluster: ClusterSettings, processes: Any) -> Share:
    import torch

    nodes, threads = nodes_of(ray), torch.get_num_threads()
    if processes == "auto":
        # As on one machine: one for each GPU, or one.
        processes = (
            share_among_any(nodes, cluster, threads).workers if cluster.gpus_per_worker else 1
        )
    return share_among_all(nodes, cluster, threads, processes)


def _fit(config: dict[str, Any], share: Share) -> Any:
    """What process 0 returned."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
    from ray.train.torch import TorchTrainer

    resources = {"CPU": share.cpus} | ({"GPU": share.gpus} if share.gpus else {})
    with tempfile.TemporaryDirectory(prefix="trisampler-ray-train-") as storage:
        trainer = TorchTrainer(
            _train_with_others,
            train_loop_config=config,
            scaling_config=ScalingConfig(
                num_workers=share.workers,
                use_gpu=share.gpus > 0,
                resources_per_worker=resources,
            ),
            run_config=RunConfig(
                storage_path=storage, failure_config=FailureConfig(max_failures=MOST_RETRIES)
            ),
        )
        try:
            with _interruptible():
                return trainer.fit().return_value
        except TrainingFailedError as error:
            for failure in getattr(error, "worker_failures", {}).values():
                if isinstance(failure, TrisamplerError):
                    raise failure from error
            raise ClusterError(
                f"Ray Train gave up on the training ({error}). Run again: it goes on from the last "
                "checkpoint."
            ) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Afterwards Ctrl-C does what it did: Ray Train leaves a handler of its own behind."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


@dataclass(frozen=True)
class _Trained:
    """What process 0 has in the end."""

    weights: Mapping[str, Tensor]
    history: pl.DataFrame


def _train_with_others(config: dict[str, Any]) -> _Trained | TrisamplerError | None:
    """What each worker does; torch.distributed's default group is there already.

    An error that all workers meet alike is returned, so that Ray Train does not try again.
    """
    import ray
    import torch
    from ray.train import get_context

    from trisampler.training.loop import train_here
    from trisampler.training.processes import Alone, Group

    rank, count = get_context().get_world_rank(), get_context().get_world_size()
    torch.set_num_threads(config["threads"])
    if rank > 0:
        logging.disable(logging.INFO)
    elif not config["checkpoints"].is_dir():
        raise ClusterError(
            f"The node {ray.util.get_node_ip_address()} of the Ray cluster does not see the folder "
            f"{config['checkpoints']}, where checkpoints are kept. Put the project on a file "
            "system that all nodes share."
        )
    task: TrainingTask = ray.get(config["task"])
    try:
        result = train_here(task, config["checkpoints"], Group() if count > 1 else Alone())
    except CheckpointError:
        raise
    except TrisamplerError as error:
        return error
    if rank > 0:
        return None
    return _Trained(result.encoder.to("cpu").state_dict(), result.history)
