"""Which versions and which runs' models go, in a real database."""

from __future__ import annotations

import json

import pytest

from retention.world import World, is_whole, write_files
from trisampler.registry import RegistryError
from trisampler.retention import prune
from trisampler.retention.tracked_runs import fate_tag


def promoted(world: World, *each: bool) -> None:
    for yes in each:
        world.retrained(promoted=yes)


def test_the_promoted_version_stays_though_it_is_the_oldest(world: World) -> None:
    promoted(world, True, False, False, False)
    champion = world.registry.champion()
    assert champion is not None
    assert champion.number == 1
    assert not prune(world.leftovers(1)).failed
    assert world.numbers() == [1, 4]
    assert is_whole(world.bundle(1))
    # The models of its run stay with it.
    assert is_whole(world.models_of(str(champion.run_id)) / "encoder_1")
    assert world.found(1) == set()


def test_files_and_logged_models_go_with_versions_and_numbers_of_runs_stay(world: World) -> None:
    promoted(world, False, False, False)
    first = world.registry.version(1)
    bundle = world.bundle(1)
    assert is_whole(bundle)
    prune(world.leftovers(1))
    assert world.numbers() == [3]
    assert not bundle.parents[2].exists()
    client = world.registry.client
    with pytest.raises(Exception, match="not found"):
        client.get_logged_model(first.model_id)
    run = client.get_run(first.run_id)
    assert run.data.metrics == {"test/nDCG": 0.5}
    assert run.data.params == {"workspace": "trial"}
    assert run.data.tags[fate_tag("models")] == "pruned"
    artifacts = world.artifacts_of(str(first.run_id))
    assert [path.name for path in artifacts.iterdir()] == ["reporting"]
    assert (artifacts / "reporting" / "summary.txt").read_text() == "all is well"


def test_so_many_champions_stay_to_roll_back_to(world: World) -> None:
    promoted(world, True, True, True, True, True)
    prune(world.leftovers(2))
    assert world.numbers() == [3, 4, 5]
    assert world.registry.roll_back()[1].number == 4
    assert world.registry.roll_back()[1].number == 3
    with pytest.raises(RegistryError, match="the first champion"):
        world.registry.roll_back()
    assert is_whole(world.bundle(3))
    # Those that were taken back stay: their mark keeps their encoder from being promoted again.
    assert world.found(1) == set()
    assert world.numbers() == [3, 4, 5]


def test_a_version_with_any_alias_stays(world: World) -> None:
    promoted(world, False, False, False, False)
    world.registry.client.set_registered_model_alias(world.registry.model, "production", "1")
    leftovers = world.leftovers(1)
    # One that gets its alias between the look and the removal, too.
    world.registry.client.set_registered_model_alias(world.registry.model, "canary", "2")
    failed = prune(leftovers).failed
    assert [leftover.what for leftover, _ in failed] == ["version 2 of trisampler-trial"]
    assert world.numbers() == [1, 2, 4]
    assert is_whole(world.bundle(2))


def test_what_is_anybody_elses_stays(world: World) -> None:
    # A registered model that two workspaces share, a copy of a version in another one, a version
    # that was made by hand, and the version of the bundle that the last run left.
    client, model = world.registry.client, world.registry.model
    other = world.of("other").run()
    world.version(other)
    promoted(world, False, False)
    client.create_registered_model("production")
    client.copy_model_version(f"models:/{model}/2", "production")
    by_hand = world.run()
    client.create_model_version(model, f"{world.artifacts_of(by_hand)}/models/encoder_1", by_hand)
    promoted(world, False, False)
    told = {"store": "mlflow.db", "model": model, "version": 3}
    file = world.workspace.models / "registered_model.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(told))
    assert world.numbers() == [1, 2, 3, 4, 5, 6]
    going = {what for what in world.found(1) if what.startswith("version")}
    assert going == {f"version 5 of {model}"}
    prune(world.leftovers(1))
    assert world.numbers() == [1, 2, 3, 4, 6]
    for run_id in (other, by_hand, str(world.registry.version(2).run_id)):
        assert is_whole(world.models_of(run_id) / "encoder_1")
    file.write_text(json.dumps(told | {"store": "http://elsewhere"}))
    assert f"version 3 of {model}" in world.found(1)


def test_what_others_serve_without_a_run_of_it_stays(world: World) -> None:
    # MLflow gives such versions no run; neither has the copy of a copy one.
    client, model = world.registry.client, world.registry.model
    promoted(world, *[False] * 6)
    stands_alone = world.logged(world.run())
    by_hand = world.run()
    client.create_registered_model("prod")
    client.create_model_version("prod", f"models:/{model}/1")
    client.create_model_version("prod", "models:/prod/1")
    client.create_model_version("prod", f"{world.bundle(2).parent.as_uri()}/")
    client.create_model_version("prod", str(world.bundle_of(stands_alone)))
    client.create_model_version("prod", f"{world.models_of(by_hand)}/encoder_1")
    client.copy_model_version(f"models:/{model}/3", model)
    world.run()
    prune(world.leftovers(1))
    assert world.numbers() == [1, 2, 3, 6, 7]
    served = [client.get_model_version_download_uri("prod", str(n)) for n in range(1, 6)]
    assert served[1] == served[0]
    assert all(is_whole(world.bundle(number)) for number in (1, 2, 3))
    assert is_whole(world.bundle_of(stands_alone))
    assert is_whole(world.models_of(by_hand) / "encoder_1")


def test_the_newest_runs_keep_their_models(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trisampler.retention.tracked_runs._AT_ONCE", 2)
    runs = [world.run() for _ in range(4)]
    world.run(models=False)
    running = world.run(status=None)
    prune(world.leftovers(2))
    kept = [run_id for run_id in (*runs, running) if world.models_of(run_id).exists()]
    assert kept == [runs[2], runs[3], running]
    assert world.found(2) == set()
    assert len(world.found(1)) == 1


def test_rankings_go_by_themselves(world: World) -> None:
    # The newest run ranked, but trained nothing: it takes no other's place among the models.
    trained, ranked = world.run(), world.run(models=False)
    for run_id in (trained, ranked):
        write_files(world.artifacts_of(run_id) / "runs" / "encoder_1")
    prune(world.leftovers(1))
    assert world.models_of(trained).exists()
    assert not (world.artifacts_of(trained) / "runs").exists()
    assert (world.artifacts_of(ranked) / "runs").exists()


def test_a_run_that_goes_on_keeps_its_version(world: World) -> None:
    running = world.run(status=None)
    world.version(running)
    promoted(world, False, False)
    prune(world.leftovers(1))
    assert world.numbers() == [1, 3]


def test_logged_models_without_a_version_go_when_their_run_has_ended(world: World) -> None:
    running, ended = world.run(status=None), world.run()
    at_work, left = world.logged(running), world.logged(ended)
    strangers = world.logged(world.of("other").run())
    assert f"logged model {left}" in world.found(5)
    prune(world.leftovers(5))
    assert is_whole(world.bundle_of(at_work))
    assert is_whole(world.bundle_of(strangers))
    assert not world.bundle_of(left).exists()
    assert world.found(5) == set()


def test_copies_of_versions_that_are_gone_go(world: World) -> None:
    promoted(world, True, True, True)
    copies = world.workspace.models / "champion"
    models = [str(version.model_id) for version in world.registry.versions()]
    for model in models:
        (copies / model).mkdir(parents=True)
    prune(world.leftovers(1))
    assert {path.name for path in copies.iterdir()} == set(models[1:])


def test_where_there_is_no_database_none_is_made(world: World) -> None:
    (world.folder / "mlflow.db").unlink()
    assert world.found() == set()
    assert not (world.folder / "mlflow.db").exists()


def test_a_store_that_is_broken_is_told(world: World) -> None:
    (world.folder / "mlflow.db").write_text("This is no database. " * 100)
    with pytest.raises(RegistryError, match=r"MLflow at mlflow\.db does not answer"):
        world.leftovers()
