"""Reading the forms that sentence-transformers has written over the years, and refusing others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.model_folder import read_modules


def write_folder(folder: Path, kinds: list[str], pooling: dict[str, Any] | None = None) -> Path:
    modules = [
        {"idx": row, "name": str(row), "path": f"{row}_{kind}" if row else "", "type": f"x.{kind}"}
        for row, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def test_a_bare_transformer_says_nothing(tmp_path: Path) -> None:
    found = read_modules(tmp_path)
    assert (found.pooling, found.normalize) == (None, None)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": "cls", "include_prompt": True}, "cls"),
        ({"pooling_mode": ["cls"]}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode": "lasttoken"}, "lasttoken"),
        ({"pooling_mode": ["cls", "mean"]}, "cls + mean"),
        ({"pooling_mode_max_tokens": True}, "max_tokens"),
        ({}, "of no kind"),
    ],
)
def test_old_and_new_pooling_configs(
    tmp_path: Path, pooling: dict[str, Any], expected: str
) -> None:
    folder = write_folder(tmp_path, ["Transformer", "Pooling", "Normalize"], pooling)
    found = read_modules(folder)
    assert (found.pooling, found.normalize) == (expected, True)


def test_without_a_normalize_module_vectors_keep_their_length(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, ["Transformer", "Pooling"], {"pooling_mode": "mean"})
    assert read_modules(folder).normalize is False


@pytest.mark.parametrize(
    ("kinds", "pooling", "message"),
    [
        (["Transformer", "Pooling", "Dense"], {"pooling_mode": "mean"}, "Dense"),
        (["Router"], None, "separate query and document towers"),
    ],
)
def test_what_is_not_supported_is_named(
    tmp_path: Path, kinds: list[str], pooling: dict[str, Any] | None, message: str
) -> None:
    with pytest.raises(EncoderError, match=message):
        read_modules(write_folder(tmp_path, kinds, pooling))


def test_broken_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[{")
    with pytest.raises(EncoderError, match=r"modules\.json"):
        read_modules(tmp_path)
