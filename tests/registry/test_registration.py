"""Bundles into the registry: what becomes champion, and what does not."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from registry.conftest import Shop, untrained
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.errors import EncoderError
from trisampler.registry.champion import encoder_identity, find_incumbent
from trisampler.registry.logged_model import bundle_folder


def test_the_first_that_passes_is_champion_and_says_why(shop: Shop) -> None:
    version = shop.promoted(1)
    assert shop.standing() == {1: ("champion",)}
    assert version.tags["gate"] == "promoted"
    assert "not worse than encoder_0" in version.tags["reason"]
    assert version.tags["documents"] == "20"
    made = shop.registry.client.get_model_version(shop.registry.model, "1")
    assert "promotion gate" in made.description
    # The list of versions shows the first line.
    assert made.description.splitlines()[0] == f"Promoted: {made.tags['reason']}"


def test_what_is_refused_stays_challenger_with_the_reason(shop: Shop) -> None:
    shop.promoted(1)
    told = shop.register(shop.release(2, shop.decision(2, gain=-0.2)))
    assert told["alias"] == "challenger"
    assert shop.standing() == {1: ("champion",), 2: ("challenger",)}
    version = shop.registry.version(2)
    assert version.tags["gate"] == "refused"
    assert "it is not shown" in version.tags["reason"]


def test_a_bundle_that_is_there_is_not_registered_again(shop: Shop) -> None:
    shop.promoted(1)
    refused = shop.release(2, shop.decision(2, gain=-0.2))
    assert shop.register(refused)["version"] == 2
    assert shop.register(refused)["version"] == 2
    # Another decision about the same bundle promotes it as it stands.
    told = shop.register(replace(refused, decision=shop.decision(2)))
    assert (told["version"], told["alias"]) == (2, "champion")
    assert shop.standing() == {1: (), 2: ("champion",)}
    assert shop.registry.roll_back()[1].number == 1


def test_the_champions_encoder_with_new_documents_is_champion_at_once(shop: Shop) -> None:
    decision = shop.decision(1)
    shop.register(shop.release(1, decision))
    told = shop.register(shop.release(1, decision, documents=30))
    assert (told["version"], told["alias"]) == (2, "champion")
    assert "the documents of now" in told["reason"]


def test_a_refused_encoder_with_new_documents_is_refused_still(shop: Shop) -> None:
    shop.promoted(1)
    decision = shop.decision(2, gain=-0.2)
    assert shop.register(shop.release(2, decision))["outdated"] is None
    told = shop.register(shop.release(2, decision, documents=30))
    assert told["alias"] == "challenger"
    assert told["outdated"] == {"version": 1, "documents": 20}
    assert shop.register(shop.release(1, decision, documents=30))["outdated"] is None


def test_what_was_rolled_back_is_not_promoted_by_itself(shop: Shop) -> None:
    shop.promoted(1)
    shop.promoted(2)
    shop.registry.roll_back()
    same = shop.register(shop.release(2, shop.decision(2)))
    assert (same["version"], same["alias"]) == (2, "challenger")
    assert "version 2 was rolled back" in same["reason"]
    told = shop.register(shop.release(2, shop.decision(2), documents=30))
    assert told["alias"] == "challenger"
    assert "version 2, of the same encoder, was rolled back" in told["reason"]
    assert shop.registry.champion() == shop.registry.version(1)


def test_a_decision_about_another_champion_does_not_count(shop: Shop) -> None:
    early = shop.decision(2)  # before there was any champion
    shop.promoted(1)
    told = shop.register(shop.release(2, early))
    assert told["alias"] == "challenger"
    assert "has not seen version 1" in told["reason"]
    assert "decide again with `kedro run --pipelines promotion --force`" in told["reason"]
    elsewhere = "kedro run --env other --pipelines promotion --force"
    shop.run = replace(shop.run, decide_again=elsewhere)
    told = shop.register(shop.release(2, early))
    assert f"decide again with `{elsewhere}`" in told["reason"]


def test_a_decision_about_another_encoder_does_not_count(shop: Shop) -> None:
    told = shop.register(shop.release(2, shop.decision(1)))
    assert told["alias"] == "challenger"
    assert "has not seen this encoder" in told["reason"]


def test_the_champions_encoder_comes_back_as_it_was(shop: Shop) -> None:
    shop.promoted(3)
    champion = shop.champion()
    assert (champion.standing, champion.version) == ("champion", 1)
    assert champion.encoder is not None
    assert encoder_identity(champion.encoder) == champion.identity
    encoder, facts = find_incumbent(champion, untrained(0), untrained(4))
    assert encoder is champion.encoder
    assert facts["champion"] == encoder_identity(untrained(3))
    assert facts["candidate"] == encoder_identity(untrained(4))


def test_a_champion_whose_files_are_gone_is_not_replaced(shop: Shop) -> None:
    version = shop.promoted(1)
    shutil.rmtree(bundle_folder(shop.registry, version, shop.folder / "cache"))
    champion = shop.champion()
    assert (champion.standing, champion.version) == ("unloadable", 1)
    assert "any more" in champion.trouble
    told = shop.register(shop.release(2, shop.decision(2)))
    assert told["alias"] == "challenger"
    assert "cannot be opened" in told["reason"]
    assert "once it can be, decide again with `kedro run" in told["reason"]


def test_a_champion_with_half_its_weights_is_not_replaced(shop: Shop) -> None:
    version = shop.promoted(1)
    weights = bundle_folder(shop.registry, version, shop.folder) / "encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert shop.champion().standing == "unloadable"
    assert not shop.decision(2).promoted


def run_out() -> None:
    raise MemoryError


def run_out_while_a_file_is_read() -> None:
    cause = OSError(errno.EMFILE, "Too many open files")
    raise EncoderError("the weights cannot be read") from cause


@pytest.mark.parametrize("opened", [run_out, run_out_while_a_file_is_read])
def test_a_machine_that_gives_out_says_nothing_of_the_champion(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, opened: Callable[[], None]
) -> None:
    shop.promoted(1)
    monkeypatch.setattr(Encoder, "load_folder", lambda _: opened())
    with pytest.raises((MemoryError, EncoderError)):
        shop.champion()


@contextmanager
def late(monkeypatch: pytest.MonkeyPatch, asked: str) -> Iterator[None]:
    """MLflow's server takes too long over one kind of question."""
    from mlflow import MlflowClient

    def wait(*_: object) -> None:
        raise TimeoutError("read timed out")

    with monkeypatch.context() as slow:
        slow.setattr(MlflowClient, asked, wait)
        yield


def test_a_server_that_does_not_hand_the_champion_over_is_no_verdict_on_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.promoted(1)
    with late(monkeypatch, "get_logged_model"):
        champion = shop.champion()
        assert (champion.standing, champion.version) == ("unknown", 1)
        assert "read timed out" in champion.trouble
        decision = shop.decision(2)
    told = shop.register(shop.release(2, decision))
    assert told["alias"] == "challenger"
    assert "version 1, the champion, could not be read" in told["reason"]
    assert "once it can be, decide again with `kedro run" in told["reason"]


@pytest.mark.parametrize("gain", [0.1, -0.2])
def test_where_the_gate_had_no_answer_the_command_that_decides_again_is_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, gain: float
) -> None:
    shop.promoted(1)
    with late(monkeypatch, "get_registered_model"):
        decision = shop.decision(2, gain)
    assert (decision.incumbent.standing, decision.incumbent.version) == ("unknown", None)
    assert decision.promoted == (gain > 0)
    told = shop.register(shop.release(2, decision))
    assert told["alias"] == "challenger"
    assert "has not seen version 1, which is champion: decide again with `k" in told["reason"]


def test_a_champion_whose_logged_model_is_gone_is_not_replaced(shop: Shop) -> None:
    version = shop.promoted(1)
    shop.registry.client.delete_logged_model(version.model_id)
    assert shop.champion().standing == "unloadable"
