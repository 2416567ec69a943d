"""Projects that were moved or copied, with a real database of MLflow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from registry.conftest import empty_database as empty_database
from retention.world import World, is_whole
from trisampler.hooks.abandoned_runs import PROCESS, this_process
from trisampler.hooks.own_artifacts import artifacts_elsewhere, check_artifacts, registry_of
from trisampler.hooks.tracking_settings import TrackingError
from trisampler.registry.logged_model import bundle_folder
from trisampler.retention import prune


@pytest.fixture
def world(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project with three versions, the first of them the champion."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / "a project"
    folder.mkdir()
    world = World.make(folder, empty_database)
    for promoted in (True, False, False):
        world.retrained(promoted=promoted)
    return world


def copied(world: World) -> World:
    folder = world.folder.with_name("ein Projekt ä")
    return World(Path(shutil.copytree(world.folder, folder)))


def moved(world: World) -> World:
    return World(Path(shutil.move(world.folder, world.folder.with_name("moved"))))


def files(folder: Path) -> set[Path]:
    return set((folder / "mlartifacts").rglob("*"))


def check(world: World) -> None:
    check_artifacts(world.retention.tracking, world.folder)


def champion_folder(world: World) -> Path:
    champion = world.registry.champion()
    assert champion is not None
    return bundle_folder(world.registry, champion, world.folder / "cache")


def test_a_moved_project_goes_on_with_its_champion(world: World) -> None:
    there = moved(world)
    check(there)
    assert champion_folder(there).is_relative_to(there.folder)
    run_id = there.run()
    artifacts = there.registry.client.get_run(run_id).info.artifact_uri
    assert artifacts == (there.folder / "mlartifacts" / run_id / "artifacts").as_uri()
    assert not prune(there.leftovers(1)).failed
    assert there.numbers() == [1, 3]
    assert not world.folder.exists()


def test_a_project_moved_up_into_its_parent_goes_on(world: World) -> None:
    for each in world.folder.iterdir():
        shutil.move(each, world.folder.parent)
    there = World(world.folder.parent)
    check(there)
    assert is_whole(champion_folder(there))


def test_a_former_home_that_may_not_be_read_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, stat = moved(world), Path.stat

    def refusing(path: Path, **options: Any) -> os.stat_result:
        if path.is_relative_to(world.folder):
            raise PermissionError(path)
        return stat(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", refusing)
        check(there)
    assert is_whole(champion_folder(there))


def test_a_copy_prunes_what_is_its_own(world: World) -> None:
    copy, before = copied(world), files(world.folder)
    check(copy)
    there = len(files(copy.folder))
    assert prune(copy.leftovers(1)).removed
    assert len(files(copy.folder)) < there
    assert files(world.folder) == before
    assert champion_folder(copy).is_relative_to(copy.folder)
    assert champion_folder(world).is_relative_to(world.folder)


def test_what_only_asks_finds_the_champion_of_a_copy_and_writes_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    copy, before = copied(world), files(world.folder)
    database = (copy.folder / "mlflow.db").read_bytes()
    registry = registry_of(copy.retention.tracking, copy.folder)
    champion = registry.champion()
    assert champion is not None
    found = bundle_folder(registry, champion, copy.folder / "cache")
    assert found.is_relative_to(copy.folder / "mlartifacts")
    assert is_whole(found)
    assert not [each for each in copy.leftovers(1) if "version" in each.what]
    assert "nothing of MLflow is pruned, until a run of this project has begun" in caplog.text
    assert (copy.folder / "mlflow.db").read_bytes() == database
    assert files(world.folder) == before


def test_a_run_that_goes_on_keeps_its_place(world: World) -> None:
    run_id = world.run(status=None)
    there = moved(world)
    client = there.registry.client
    client.create_run("1", tags={"mlflow.parentRunId": run_id})
    host, pid, _, namespace = this_process().split()
    for process in (None, this_process(), f"not-{host} {pid} 1 {namespace}"):
        if process:
            client.set_tag(run_id, PROCESS, process)
        with pytest.raises(TrackingError, match=rf"the run {run_id} is not known .*'KILLED'"):
            check(there)
        assert str(world.folder.name) in unquote(client.get_run(run_id).info.artifact_uri)
    client.set_tag(run_id, PROCESS, f"{host} {pid} 1 {namespace}")
    check(there)
    assert unquote(client.get_run(run_id).info.artifact_uri).startswith(there.folder.as_uri())


def test_a_copy_without_all_artifacts_uses_none_of_the_original(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    copy, before = copied(world), files(world.folder)
    shutil.rmtree(copy.bundle_of(str(copy.registry.version(2).model_id)).parents[1])
    with pytest.raises(TrackingError, match=r"a project/mlartifacts, outside this project"):
        check(copy)
    assert not [each for each in copy.leftovers(1) if "version" in each.what]
    assert "nothing of MLflow is pruned" in caplog.text
    assert files(world.folder) == before
    shutil.copytree(world.folder / "mlartifacts", copy.folder / "mlartifacts", dirs_exist_ok=True)
    check(copy)
    assert is_whole(champion_folder(copy))


def test_a_project_that_stays_is_told_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    check(world)
    tracking = world.retention.tracking
    elsewhere = tracking.model_copy(update={"artifacts": "other"})
    assert artifacts_elsewhere(elsewhere, world.folder) is None
    assert artifacts_elsewhere(tracking, world.folder.with_name("none yet")) is None
    assert champion_folder(world).is_relative_to(world.folder / "mlartifacts")
    assert not caplog.records


def test_a_server_keeps_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = copied(world)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{copy.folder / 'mlflow.db'}")
    check(copy)
    assert champion_folder(copy).is_relative_to(world.folder)
