"""A start with fresh last layers: which weights change, which stay, and what remembers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.reinitialising import reinitialise_last_layers
from trisampler.encoders.settings import EncoderSettings, Side


def load(folder: Path, **changes: Any) -> Encoder:
    return Encoder.load(EncoderSettings(name=str(folder), **changes))


def weights(encoder: Encoder, side: Side = "query") -> dict[str, torch.Tensor]:
    return dict(encoder.tower(side).backbone.state_dict())


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(("number", "layers"), [(1, {"1"}), (2, {"0", "1"})])
def test_the_last_layers_alone_change_and_look_untrained(
    tiny_encoder_folder: Path, number: int, layers: set[str]
) -> None:
    before = weights(load(tiny_encoder_folder))
    state = torch.random.get_rng_state()
    encoder = load(tiny_encoder_folder, reinitialised_layers=number)
    assert torch.equal(torch.random.get_rng_state(), state)
    after = weights(encoder)
    assert {name.split(".")[2] for name in changed(before, after)} == layers
    assert all(name.startswith("encoder.layer.") for name in changed(before, after))
    # BERT's own: normal with this deviation, biases zero.
    matrix = after["encoder.layer.1.intermediate.dense.weight"]
    deviation = encoder.tower("query").backbone.config.initializer_range
    assert float(matrix.std()) == pytest.approx(deviation, rel=0.1)
    assert not after["encoder.layer.1.intermediate.dense.bias"].any()


def test_trained_weights_are_gone_and_norms_are_neutral(tiny_encoder_folder: Path) -> None:
    encoder = load(tiny_encoder_folder)
    backbone = encoder.tower("query").backbone
    with torch.no_grad():
        for weight in backbone.parameters():
            weight.fill_(7.0)
    reinitialise_last_layers(backbone, 1, seed=0)
    last = backbone.encoder.layer[1].state_dict()
    assert not any(bool((tensor == 7.0).any()) for tensor in last.values())
    assert torch.equal(last["output.LayerNorm.weight"], torch.ones(32))
    assert all(bool((tensor == 7.0).all()) for tensor in backbone.embeddings.parameters())


def test_the_seed_decides_and_the_fingerprint_tells(tiny_encoder_folder: Path) -> None:
    def fingerprint(**changes: Any) -> str:
        return load(tiny_encoder_folder, **changes).fingerprint("document", "float32")

    once = fingerprint(reinitialised_layers=1)
    assert once == fingerprint(reinitialised_layers=1)
    others = {
        fingerprint(),
        fingerprint(reinitialised_layers=2),
        fingerprint(reinitialised_layers=1, reinitialisation_seed=1),
    }
    assert len(others | {once}) == 4
    alone = weights(load(tiny_encoder_folder, reinitialised_layers=1))
    among = weights(load(tiny_encoder_folder, reinitialised_layers=2))
    assert not any("layer.1" in name for name in changed(alone, among))


def test_a_saved_encoder_keeps_what_it_has_learned_since(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    encoder = load(tiny_encoder_folder, reinitialised_layers=1)
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.add_(0.5)
    encoder.save(tmp_path / "saved")
    loaded = Encoder.load_folder(tmp_path / "saved")
    assert not changed(weights(encoder), weights(loaded))
    assert loaded.settings.reinitialised_layers == 1


def test_each_of_two_towers_begins_so(tiny_encoder_folder: Path) -> None:
    two = {"document_name": "untrained:1"}
    before = load(tiny_encoder_folder, **two)
    after = load(tiny_encoder_folder, **two, reinitialised_layers=1)
    sides: tuple[Side, Side] = ("query", "document")
    for side in sides:
        names = changed(weights(before, side), weights(after, side))
        assert names
        assert all(name.startswith("encoder.layer.1.") for name in names)


def test_more_layers_than_there_are_is_an_error(tiny_encoder_folder: Path) -> None:
    with pytest.raises(EncoderError, match=r"is 3, and the model has 2 layers: .* at most 2"):
        load(tiny_encoder_folder, reinitialised_layers=3)


@pytest.mark.parametrize(
    ("config", "inside"),
    [
        ("DistilBertConfig", {"dim": 32, "hidden_dim": 64, "n_heads": 2, "n_layers": 3}),
        (
            "ModernBertConfig",
            {
                "hidden_size": 32,
                "intermediate_size": 64,
                "num_attention_heads": 2,
                "num_hidden_layers": 3,
            },
        ),
    ],
)
def test_other_architectures_have_their_layers_found(config: str, inside: dict[str, int]) -> None:
    import transformers

    sizes = {"vocab_size": 50, "pad_token_id": 0, **inside}
    backbone = transformers.AutoModel.from_config(getattr(transformers, config)(**sizes))
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    reinitialise_last_layers(backbone, 2, seed=3)
    names = changed(before, backbone.state_dict())
    assert {number for name in names for number in name.split(".") if number.isdigit()} == {
        "1",
        "2",
    }
