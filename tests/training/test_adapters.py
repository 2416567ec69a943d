"""Adapters train, and leave an encoder of the usual form behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from training.toy import SETTINGS, Toy
from trisampler.encoders.encoding import encode_texts
from trisampler.encoders.settings import EncodingSettings
from trisampler.training.adapters import adapters
from trisampler.training.errors import TrainingError
from trisampler.training.result import TrainingResult
from trisampler.training.trainer import train_encoder

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

LOW_RANK = SETTINGS.model_copy(update={"lora_rank": 4, "dropout": False, "learning_rate": 1e-2})
FLOAT32 = EncodingSettings(precision="float32", device="cpu")


def train(encoder: Encoder, collection: Toy, folder: Path) -> TrainingResult:
    return train_encoder(
        encoder,
        collection.examples(),
        collection.dev_pool(),
        LOW_RANK,
        seed=3,
        round_number=1,
        checkpoint_folder=folder,
    )


def test_trains_and_is_merged(
    load_tiny: Callable[[], Encoder], collection: Toy, tmp_path: Path
) -> None:
    before = load_tiny()
    result = train(load_tiny(), collection, tmp_path / "checkpoints")
    after = result.encoder
    assert after.state_dict().keys() == before.state_dict().keys()
    assert result.best_step > 0
    changed = {
        name
        for name, weights in after.state_dict().items()
        if not torch.equal(weights, before.state_dict()[name])
    }
    assert changed
    assert all(
        "dense" in name or "query" in name or "key" in name or "value" in name for name in changed
    )
    assert not any(name.endswith("bias") for name in changed)
    for name in changed:
        update = after.state_dict()[name] - before.state_dict()[name]
        assert torch.linalg.matrix_rank(update, rtol=1e-3) <= 4, name
    assert all(weight.requires_grad for weight in after.parameters())
    after.save(tmp_path / "saved")
    texts = collection.queries["text"].to_list()
    again = type(after).load_folder(tmp_path / "saved")
    assert encode_texts(again, texts, "query", FLOAT32) == pytest.approx(
        encode_texts(after, texts, "query", FLOAT32), abs=1e-6
    )


def test_only_the_adapters_are_trained_and_the_same_seed_gives_the_same(
    load_tiny: Callable[[], Encoder],
) -> None:
    def first_values(seed: int) -> list[torch.Tensor]:
        encoder = load_tiny()
        with adapters(encoder, 2, seed):
            trained = {
                name: weight
                for name, weight in encoder.module.named_parameters()
                if weight.requires_grad
            }
            assert trained
            assert all("lora_" in name for name in trained)
            return [weight.detach().clone() for weight in trained.values()]

    one, same, other = first_values(1), first_values(1), first_values(2)
    assert all(torch.equal(left, right) for left, right in zip(one, same, strict=True))
    assert not all(torch.equal(left, right) for left, right in zip(one, other, strict=True))


def test_without_peft_says_what_to_install(
    load_tiny: Callable[[], Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with (
        pytest.raises(TrainingError, match=r"pip install -e '\.\[lora\]'"),
        adapters(load_tiny(), 2, 0),
    ):
        pass
