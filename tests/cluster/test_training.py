"""Ray Train trains as spawned processes do, and a killed worker changes nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from training.toy import SETTINGS, toy
from trisampler.cluster.errors import ClusterError
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.training import training_by
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.training.errors import TrainingError
from trisampler.training.result import TrainingResult
from trisampler.training.settings import TrainingSettings
from trisampler.training.trainer import train_encoder

pytestmark = pytest.mark.slow
TWO = SETTINGS.model_copy(update={"processes": 2, "steps": 24})


def train(
    encoder_folder: Path, settings: TrainingSettings, checkpoints: Path, **launch: Any
) -> TrainingResult:
    collection = toy()
    return train_encoder(
        Encoder.load(EncoderSettings(name=str(encoder_folder), document_length=64)),
        collection.examples(),
        collection.dev_pool(),
        settings,
        seed=3,
        round_number=1,
        checkpoint_folder=checkpoints,
        **launch,
    )


def test_workers_are_the_processes_of_one_machine_even_if_one_is_killed(
    two_nodes: ClusterSettings, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    from cluster.conftest import kill_a_worker

    expected = train(tiny_encoder_folder, TWO, tmp_path / "spawned")
    killed: list[int] = []
    done = threading.Event()

    def kill_after_step_6() -> None:
        while not list((tmp_path / "ray").glob("*/step-00000006")):
            if done.wait(0.001):
                return
        killed.append(kill_a_worker("RayTrainWorker"))

    watcher = threading.Thread(target=kill_after_step_6)
    watcher.start()
    try:
        found = train(tiny_encoder_folder, TWO, tmp_path / "ray", launch=training_by(two_nodes))
    finally:
        done.set()
        watcher.join()
    assert len(killed) == 1
    timeless = [result.history.drop("queries_per_second") for result in (found, expected)]
    assert timeless[0].equals(timeless[1])
    assert found.best_step == expected.best_step
    for name, weights in found.encoder.state_dict().items():
        assert torch.equal(weights, expected.encoder.state_dict()[name]), name
    assert [path.name for path in (tmp_path / "ray").glob("*/step-*")] == ["step-00000024"]


def test_what_all_workers_raise_is_told_and_not_tried_again(
    two_nodes: ClusterSettings, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    exploding = TWO.model_copy(update={"learning_rate": 1e30, "warmup_fraction": 0.0})
    started = time.monotonic()
    with pytest.raises(TrainingError, match=r"training diverged at step \d+: .*queries are 'q"):
        train(tiny_encoder_folder, exploding, tmp_path, launch=training_by(two_nodes))
    assert time.monotonic() - started < 200


def test_more_processes_than_fit_are_refused(
    two_nodes: ClusterSettings, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    three = TWO.model_copy(update={"processes": 3})
    with pytest.raises(ClusterError, match="no room for 3 worker"):
        train(tiny_encoder_folder, three, tmp_path, launch=training_by(two_nodes))
