"""Copies of hub models that other programs left, whole and not."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from trisampler.encoders import hub
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.hub import find_on_hub
from trisampler.encoders.locate import digest_encoder, find_on_disk, locate_model
from trisampler.encoders.settings import EncoderSettings

NAME, COMMIT = "org/model", "0123456789" * 4


@pytest.fixture
def copy(tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What transformers leaves of a hub model in the hub cache: no modules.json, no list."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    root = tmp_path / "models--org--model"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    folder = Path(shutil.copytree(tiny_encoder_folder, root / "snapshots" / COMMIT))
    (folder / "modules.json").unlink()
    return folder


def test_a_copy_without_modules_is_completed_from_the_hub(
    copy: Path,
    tiny_encoder_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = []

    def snapshot(name: str, *, offline: bool) -> Path:
        if not offline:
            asked.append(name)
            shutil.copy(tiny_encoder_folder / "modules.json", copy)
        return copy

    monkeypatch.setattr(hub, "_snapshot", snapshot)
    assert find_on_hub(NAME) == copy
    assert find_on_hub(NAME) == copy
    assert asked == [NAME]
    assert not caplog.records


def test_a_copy_in_doubt_is_used_where_the_hub_is_not_reached(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (copy / "tokenizer.json").unlink()
    with caplog.at_level(logging.WARNING):
        assert find_on_hub(NAME) == copy
    assert "no modules.json and no tokenizer" in caplog.text
    assert "pooling" in caplog.text


def test_a_copy_with_the_hubs_list_is_whole_without_modules(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from huggingface_hub._tree_cache import TreeCacheEntry, write_tree_cache

    listed = {
        path.name: TreeCacheEntry(
            size=1, blob_id="0" * 40, lfs_sha256=None, lfs_size=None, xet_hash=None
        )
        for path in copy.iterdir()
        if path.is_file()
    }
    write_tree_cache(str(copy.parent.parent), COMMIT, listed)
    assert find_on_hub(NAME) == copy
    assert not caplog.records


@pytest.fixture
def asked(copy: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a hub that does not answer has been asked for."""
    names = []

    def snapshot(name: str, *, offline: bool) -> Path:
        if not offline:
            names.append(name)
            raise OSError("503 Service Unavailable")
        return copy

    monkeypatch.setattr(hub, "_snapshot", snapshot)
    return names


def test_a_hub_that_does_not_answer_is_asked_and_told_of_once(
    copy: Path, asked: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [find_on_hub(NAME) for _ in range(3)] == [copy] * 3
    assert asked == [NAME]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("settings", [{}, {"pooling": "mean", "normalize": False}])
def test_modules_count_for_every_encoder_whatever_is_set(
    asked: list[str], settings: dict[str, str]
) -> None:
    digest_encoder(EncoderSettings.model_validate({"name": NAME, **settings}))
    assert asked == [NAME]


def test_a_module_that_is_not_supported_is_seen_whatever_is_set(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Dense"}

    def snapshot(name: str, *, offline: bool) -> Path:
        if not offline:
            (copy / "modules.json").write_text(json.dumps([module]))
        return copy

    monkeypatch.setattr(hub, "_snapshot", snapshot)
    with pytest.raises(EncoderError, match="not supported here: Dense"):
        Encoder.load(EncoderSettings(name=NAME, pooling="mean", normalize=True))


def test_no_modules_count_for_a_cross_encoder(copy: Path, asked: list[str]) -> None:
    assert locate_model(NAME, modules=False) == copy
    assert not asked


def test_what_is_on_the_disk_is_found_without_asking(copy: Path, asked: list[str]) -> None:
    assert find_on_disk(NAME) == copy
    assert not asked
