"""What may go of a workspace's folders, and what may not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from retention.world import World, header, write_files
from trisampler.atomic import replaced_folder
from trisampler.encoders.vector_cache import VectorCache
from trisampler.encoders.vector_store import VectorStore
from trisampler.retention import prune
from trisampler.retention.stores import leftover_scores

HOLDS_A_STORE = """
import sys, time
from pathlib import Path
from trisampler.encoders.store_format import Header
from trisampler.encoders.vector_cache import VectorCache
with VectorCache(Path(sys.argv[1])).writing(Header(sys.argv[2], 4, "float32")):
    print("held", flush=True)
    time.sleep(600)
"""


def relative(world: World, *paths: Path) -> set[str]:
    return {path.relative_to(world.folder).as_posix() for path in paths}


def test_stores_that_no_embeddings_name_go_and_the_others_stay(world: World) -> None:
    stores = [world.store(number) for number in range(4)]
    for system, number in (("encoder_1", 0), ("comparison/tri.seed_1", 1), ("incumbent", 2)):
        world.embeddings(system, number)
    world.embeddings("encoder_2", None)
    assert world.found() == relative(world, stores[3])
    prune(world.leftovers())
    assert [store.exists() for store in stores] == [True, True, True, False]
    # Neither the store's lock nor anything else of it is left.
    assert len(list(world.cache.folder.iterdir())) == 3
    for number in range(3):
        VectorStore.open(stores[number], header(number))


def test_a_store_that_is_being_filled_stays(world: World) -> None:
    world.store(0)
    world.embeddings("encoder_1", 0, written=100)
    unfinished = world.store(1, written=200)
    assert world.found() == set()
    world.embeddings("encoder_2", 0, written=300)
    assert world.found() == relative(world, unfinished)


def test_without_any_embeddings_or_with_damaged_ones_no_store_goes(world: World) -> None:
    world.store(0)
    assert world.found() == set()
    folder = world.embeddings("encoder_1", 7)
    assert len(world.found()) == 1
    (folder / "manifest.json").write_text("{")
    assert world.found() == set()


def test_stores_of_another_workspace_are_not_looked_at(world: World) -> None:
    world.store(0)
    world.embeddings("encoder_1", 7)
    assert world.of("other").found() == set()
    assert len(world.found()) == 1


def test_a_process_at_work_keeps_the_whole_workspace(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    store = world.store(0)
    world.embeddings("encoder_1", 7)
    round_3 = world.workspace.models / "encoder_3"
    write_files(round_3)
    found = world.leftovers()
    assert len(found) == 2
    command = [sys.executable, "-c", HOLDS_A_STORE, world.cache.folder, header(0).fingerprint]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            assert world.found() == set()
            assert store.name in caplog.text
            # One that comes between the look and the removal is waited for by nobody.
            failed = [leftover.what for leftover, _ in prune(found).failed]
            assert failed == sorted(relative(world, store))
            assert store.exists()
        finally:
            holder.kill()
    # It was about to fill the store: that counts until there are newer embeddings.
    assert world.found() == set()
    world.embeddings("encoder_2", 7, written=2**33)
    assert not prune(world.leftovers()).failed
    assert not store.exists()


def test_scores_of_the_present_teacher_and_of_the_newest_others_stay(world: World) -> None:
    cache = VectorCache(world.workspace.features / "teacher_cache")
    stores = [world.store(number, written=number) for number in range(5)]
    world.cache.folder.rename(cache.folder)
    names = [store.name for store in stores]

    def found(keep: int, present: set[str]) -> set[str]:
        left = leftover_scores(world.workspace, keep, lambda: present)
        return {leftover.what.rpartition("/")[2] for leftover in left}

    assert found(1, {names[0]}) == set(names[1:4])
    assert found(2, {names[4]}) == set(names[:2])
    assert found(4, {names[0]}) == set()
    # Where few are there the teacher is not even loaded, and without a teacher none is superseded.
    assert not list(leftover_scores(world.workspace, 5, lambda: pytest.fail("was asked")))
    assert world.found() == set()


def test_rounds_and_cells_that_the_structure_no_longer_has(world: World) -> None:
    w = world.workspace
    models, model_input = w.models, w.data / "05_model_input" / w.name
    going = [
        *(w.features / "encoder_3", models / "encoder_3", models / "encoder_10.index"),
        *(model_input / "round_3", models / "checkpoints" / "round_3"),
        *(models / "checkpoints" / "comparison" / cell for cell in ("simans.seed_1", "tri.seed_2")),
    ]
    staying = [
        *(w.features / "encoder_2", models / "encoder_2", models / "encoder_0.index"),
        *(model_input / "round_2", models / "checkpoints" / "round_1", models / "encoder_3x"),
        *(models / "bundle", models / "comparison" / "simans.seed_1", models / "my_encoder_3"),
        models / "checkpoints" / "comparison" / "tri.seed_1",
        models / "checkpoints" / "comparison" / "top-k.seed_1.round_1",
    ]
    for folder in (*going, *staying):
        write_files(folder)
    record = models / "encoder_3.record.json"
    record.write_text("{}")
    found = [leftover.what for leftover in world.leftovers()]
    assert set(found) == relative(world, *going, record)
    assert found[0] == "data/06_models/trial/encoder_3.record.json"
    prune(world.leftovers())
    assert all(folder.exists() for folder in staying)
    assert not any(folder.exists() for folder in (*going, record))
    assert World(world.folder, rounds=1).found() >= relative(world, models / "encoder_2")


def test_vectors_of_a_round_that_goes_go_with_it(world: World) -> None:
    stores = [world.store(number) for number in range(2)]
    world.embeddings("encoder_2", 0)
    third = world.embeddings("encoder_3", 1)
    assert world.found() == relative(world, third.parent, stores[1])


def test_what_killed_processes_were_writing_goes_and_what_living_ones_write_stays(
    world: World,
) -> None:
    models = world.workspace.models
    dead = write_files(models / ".encoder_1.0123abcd.tmp")
    write_files(dead / ".bundle.0123abcd.tmp")
    file = models / ".registered_model.json.0123abcd.tmp"
    file.write_text("half")
    write_files(models / ".mine.tmp")
    with replaced_folder(models / "encoder_2") as alive:
        assert world.found() == relative(world, dead, file)
        prune(world.leftovers())
        assert alive.exists()
    assert sorted(path.name for path in models.iterdir()) == [".mine.tmp", "encoder_2"]


def test_sizes_are_those_of_the_files(world: World) -> None:
    write_files(world.workspace.models / "encoder_3", "12345")
    assert [leftover.size for leftover in world.leftovers()] == [15]
