"""AdamW over an encoder's weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def build_optimizer(
    modules: Iterable[torch.nn.Module], weight_decay: float
) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019), fused: one pass over memory instead of a dozen.

    Vectors, that is biases and normalisation weights, are not decayed. The learning rate is set
    before each step from the schedule.
    """
    import torch

    parameters = {
        id(parameter): parameter
        for module in modules
        for parameter in module.parameters()
        if parameter.requires_grad
    }
    decayed = [parameter for parameter in parameters.values() if parameter.ndim > 1]
    exempt = [parameter for parameter in parameters.values() if parameter.ndim <= 1]
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": weight_decay},
            {"params": exempt, "weight_decay": 0.0},
        ],
        lr=0.0,
        fused=True,
    )
