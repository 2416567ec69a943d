"""Aliases, promotion and roll-back in a real database."""

from __future__ import annotations

import pytest

from registry.conftest import Shop
from trisampler.registry import Registry, RegistryError
from trisampler.registry.client import label_of


def add(shop: Shop, count: int) -> None:
    """Versions of models without files."""
    client = shop.registry.client
    for number in range(count):
        model = client.create_logged_model(shop.run.experiment_id, source_run_id=shop.run.run_id)
        shop.registry.add(model.model_id, shop.run.run_id, {"bundle": f"b{number}"}, "")


def test_an_empty_registry_has_no_champion_and_no_way_back(shop: Shop) -> None:
    assert shop.registry.versions() == []
    assert shop.registry.champion() is None
    with pytest.raises(RegistryError, match="no champion"):
        shop.registry.roll_back()


def test_an_address_with_a_query_is_of_the_same_database(shop: Shop) -> None:
    add(shop, 1)
    same = Registry(f"{shop.registry.uri}?timeout=30", shop.registry.model)
    assert same.is_there()
    assert same.versions() == shop.registry.versions()


def test_what_is_new_is_challenger_until_it_is_promoted(shop: Shop) -> None:
    add(shop, 2)
    assert shop.standing() == {1: (), 2: ("challenger",)}
    shop.registry.promote(2)
    assert shop.standing() == {1: (), 2: ("champion",)}
    assert shop.registry.versions()[1].run_id == shop.run.run_id


def test_roll_backs_walk_back_through_the_champions(shop: Shop) -> None:
    add(shop, 4)
    for number in (1, 2, 4):
        shop.registry.promote(number)
    former, champion = shop.registry.roll_back()
    assert (former.number, champion.number) == (4, 2)
    assert shop.registry.version(4).rolled_back
    shop.registry.roll_back()
    assert shop.registry.champion() == shop.registry.version(1)
    with pytest.raises(RegistryError, match="the first champion"):
        shop.registry.roll_back()


def test_one_that_was_rolled_back_and_is_promoted_by_hand_is_as_any_other(shop: Shop) -> None:
    add(shop, 2)
    shop.registry.promote(1)
    shop.registry.promote(2)
    shop.registry.roll_back()
    shop.registry.promote(2)
    assert not shop.registry.version(2).rolled_back
    assert shop.registry.roll_back()[1].number == 1


def test_a_roll_back_goes_to_any_version_that_is_named(shop: Shop) -> None:
    add(shop, 3)
    shop.registry.promote(1)
    shop.registry.promote(2)
    assert shop.registry.roll_back(to=3)[1].number == 3
    with pytest.raises(RegistryError, match="champion already"):
        shop.registry.roll_back(to=3)
    with pytest.raises(RegistryError, match="no version 9; it has: 1, 2, 3"):
        shop.registry.roll_back(to=9)
    assert shop.registry.roll_back()[1].number == 1


def test_a_version_that_was_deleted_is_passed_over(shop: Shop) -> None:
    add(shop, 3)
    for number in (1, 2, 3):
        shop.registry.promote(number)
    shop.registry.client.delete_model_version(shop.registry.model, "2")
    assert shop.registry.roll_back()[1].number == 1


def test_an_alias_that_was_moved_in_mlflow_itself_counts(shop: Shop) -> None:
    add(shop, 3)
    shop.registry.promote(1)
    shop.registry.client.set_registered_model_alias(shop.registry.model, "champion", "3")
    assert shop.registry.roll_back()[1].number == 1


def test_a_server_that_is_down_is_told_without_the_password() -> None:
    with pytest.raises(RegistryError, match=r"MLflow at http://127\.0\.0\.1:9 does not answer"):
        Registry("http://127.0.0.1:9", "trial").versions()


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("sqlite:////home/me/project/mlflow.db", "mlflow.db"),
        ("http://me:secret@host:5000/path", "http://host:5000/path"),
        ("databricks", "databricks"),
        ("sqlite:////home/me/a#b/mlflow.db", "mlflow.db"),
    ],
)
def test_labels_hold_no_folder_and_no_password(uri: str, label: str) -> None:
    assert label_of(uri) == label
