from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch

from training.toy import SETTINGS, Toy
from trisampler.training.batches import Batches
from trisampler.training.objective import Objective
from trisampler.training.optimizer import build_optimizer
from trisampler.training.processes import Alone
from trisampler.training.settings import TrainingSettings
from trisampler.training.step import Stepper
from trisampler.training.task import TrainingTask

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

CPU = torch.device("cpu")
PLAIN = SETTINGS.model_copy(update={"dropout": False})


def stepper_of(encoder: Encoder, collection: Toy, settings: TrainingSettings) -> Stepper:
    task = TrainingTask(encoder, collection.examples(), None, settings, seed=0, round_number=1)
    return Stepper(task, CPU, Alone())


def gradients(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {
        name: parameter.grad.clone()
        for name, parameter in encoder.module.named_parameters()
        if parameter.grad is not None
    }


def test_clips_the_gradient_and_moves_by_the_rate_given(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    settings = PLAIN.model_copy(update={"gradient_clip": 1e-3, "weight_decay": 0.0})
    encoder = load_tiny()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    stepper = stepper_of(encoder, collection, settings)
    batch = Batches(collection.examples(), settings, seed=0, round_number=1).at(1)
    outcome = stepper.run(batch, learning_rate=1e-3, seed=0)
    assert outcome.gradient_norm > 1e-2
    total = torch.sqrt(sum(gradient.square().sum() for gradient in gradients(encoder).values()))
    assert float(total) == pytest.approx(1e-3, rel=1e-3)
    moved = max(
        float((tensor - before[name]).abs().max()) for name, tensor in encoder.state_dict().items()
    )
    # Adam's first step moves each weight by the rate, whatever its gradient.
    assert moved == pytest.approx(1e-3, rel=0.01)


def test_dropout_follows_the_seed_and_leaves_torch_as_it_was(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    batch = Batches(collection.examples(), SETTINGS, seed=0, round_number=1).at(1)
    state = torch.get_rng_state()
    losses = [
        stepper_of(load_tiny(), collection, SETTINGS).run(batch, 1e-3, seed).loss
        for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]
    assert torch.equal(torch.get_rng_state(), state)


def test_biases_and_normalisation_do_not_decay(load_tiny: Callable[[], Encoder]) -> None:
    module = load_tiny().module
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    fixed = Objective(PLAIN, normalize=True)
    decayed, exempt = build_optimizer(module, fixed, 0.1).param_groups
    assert decayed["weight_decay"] == 0.1
    assert exempt["weight_decay"] == 0
    assert len(decayed["params"]) + len(exempt["params"]) == len(names)
    for parameter in exempt["params"]:
        assert names[id(parameter)].endswith("bias") or "LayerNorm" in names[id(parameter)]
    for parameter in decayed["params"]:
        assert names[id(parameter)].endswith("weight")
        assert "LayerNorm" not in names[id(parameter)]


def test_a_learned_temperature_moves_and_a_fixed_one_stays(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    for learned in (False, True):
        settings = PLAIN.model_copy(update={"learn_temperature": learned})
        stepper = stepper_of(load_tiny(), collection, settings)
        batch = Batches(collection.examples(), settings, seed=0, round_number=1).at(1)
        first = stepper.run(batch, learning_rate=1e-3, seed=0)
        second = stepper.run(batch, learning_rate=1e-3, seed=0)
        assert first.temperature == pytest.approx(settings.temperature)
        # Adam's first step is the rate times 50, in the logarithm.
        ratio = second.temperature / first.temperature
        assert abs(math.log(ratio)) == pytest.approx(0.05 if learned else 0, rel=1e-3, abs=1e-9)


def test_a_learned_temperature_leaves_its_floor_again(
    load_tiny: Callable[[], Encoder], collection: Toy
) -> None:
    settings = PLAIN.model_copy(update={"learn_temperature": True, "temperature": 0.0101})
    stepper = stepper_of(load_tiny(), collection, settings)
    batch = Batches(collection.examples(), settings, seed=0, round_number=1).at(1)
    (sharpness,) = stepper.objective.parameters()
    found = []
    for slope, steps in ((-1.0, 3), (1.0, 10)):  # towards lower temperatures, then higher ones
        hook = sharpness.register_hook(lambda gradient, slope=slope: gradient.abs().sign() * slope)
        for _ in range(steps):
            stepper.run(batch, learning_rate=1e-3, seed=0)
            found.append(float(stepper.objective.temperature.detach()))
        hook.remove()
    assert found[:3] == pytest.approx([0.01] * 3)
    assert found[-1] > 0.0105
