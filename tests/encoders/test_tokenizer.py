"""Folders whose tokenizer transformers would make up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.tokenizer import load_tokenizer


@pytest.fixture
def copied(tiny_encoder_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))


def test_a_folder_with_weights_alone_is_refused(copied: Path) -> None:
    (copied / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match=r"copy has no tokenizer\.json.*save_pretrained"):
        load_tokenizer(copied, lower_case=False)


def test_a_tokenizer_of_special_tokens_alone_is_refused(copied: Path) -> None:
    file = copied / "tokenizer.json"
    rules = json.loads(file.read_text())
    special = {token["content"]: token["id"] for token in rules["added_tokens"]}
    rules["model"]["vocab"] = special
    file.write_text(json.dumps(rules))
    with pytest.raises(EncoderError, match=r"special tokens only \(5 of them\)"):
        load_tokenizer(copied, lower_case=False)


def test_a_vocabulary_without_the_rules_is_a_tokenizer(copied: Path) -> None:
    whole = load_tokenizer(copied, lower_case=False)
    words = sorted(whole.get_vocab(), key=whole.get_vocab().get)
    (copied / "tokenizer.json").unlink()
    (copied / "vocab.txt").write_text("\n".join(words) + "\n")
    assert len(load_tokenizer(copied, lower_case=False)) == len(whole)
