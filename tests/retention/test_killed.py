"""Pruning that is killed at any point leaves nothing half that counts as whole, and goes on."""

from __future__ import annotations

import os
import signal
import sys
from itertools import cycle
from pathlib import Path

import pytest

from end_to_end.commands import PROCESSES
from retention.world import World, header, is_whole, is_whole_or_gone, write_files
from trisampler.encoders.vector_store import VectorStore
from trisampler.retention import prune
from trisampler.retention.tracked_runs import fate_tag

FILE_EVENTS = {"os.rename", "os.remove", "os.rmdir"}
MOST_KILLS = 80


def prune_until(folder: Path, ticks: int) -> None:
    """Prune, and be killed just before so many changes of files and of the database are made."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    leftovers = World(folder).leftovers(1)
    left = ticks

    def tick(*_: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(lambda name, _: tick() if name in FILE_EVENTS else None)
    event.listen(Engine, "commit", tick)
    if prune(leftovers).failed:
        sys.exit(3)


def fill(world: World) -> None:
    for number in range(3):
        world.store(number)
    world.embeddings("encoder_1", 0)
    write_files(world.workspace.models / "encoder_3")
    (world.workspace.models / "encoder_3.record.json").write_text("{}")
    for is_promoted in (True, True, False, False, False):
        world.retrained(promoted=is_promoted)


def check(world: World, runs: list[str]) -> None:
    """Whatever is there is whole."""
    client = world.registry.client
    for number in world.numbers():
        assert is_whole(world.bundle(number)), number
    for model in (world.folder / "mlartifacts" / "models").iterdir():
        assert is_whole_or_gone(world.bundle_of(model.name)), model
    for run_id in runs:
        models = world.models_of(run_id)
        assert is_whole_or_gone(models / "encoder_1"), run_id
        assert models.exists() or client.get_run(run_id).data.tags[fate_tag("models")] in (
            "pruning",
            "pruned",
        )
    for number in range(3):
        folder = world.cache.store_folder(header(number))
        if number == 0 or folder.exists():
            VectorStore.open(folder, header(number))
    encoder = world.workspace.models / "encoder_3"
    assert is_whole_or_gone(encoder)
    assert encoder.exists() or not encoder.with_name("encoder_3.record.json").exists()


@pytest.mark.slow
def test_what_is_left_after_any_kill_is_whole_and_the_next_one_goes_on(world: World) -> None:
    fill(world)
    client = world.registry.client
    experiment = client.get_experiment_by_name("trial").experiment_id
    runs = [run.info.run_id for run in client.search_runs([experiment])]
    assert len(world.found()) == 8
    kills = 0
    for ticks in cycle((9, 14, 11, 17)):
        process = PROCESSES.Process(target=prune_until, args=(world.folder, ticks))
        process.start()
        process.join(60)
        check(world, runs)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        assert kills < MOST_KILLS
    assert kills > 3
    assert world.found() == set()
    assert world.numbers() == [1, 2, 5]
    assert not list(world.folder.rglob("*.tmp"))
    assert len(list((world.folder / "mlartifacts" / "models").iterdir())) == 3
    assert world.cache.stores() == [world.cache.store_folder(header(0))]
