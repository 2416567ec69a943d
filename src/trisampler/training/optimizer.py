"""AdamW over an encoder's weights and what the objective learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# A temperature has to move by much more than a weight of a pretrained encoder.
_OBJECTIVE_RATE_FACTOR = 50.0


def build_optimizer(
    encoder: torch.nn.Module, objective: torch.nn.Module, weight_decay: float
) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019), fused: one pass over memory instead of a dozen.

    Vectors, that is biases and normalisation weights, are not decayed, nor is the objective. The
    learning rate is set before each step, to the schedule's times the group's `rate_factor`.
    """
    import torch

    weights = [weight for weight in encoder.parameters() if weight.requires_grad]
    groups: list[dict[str, Any]] = [
        {
            "params": [weight for weight in weights if weight.ndim > 1],
            "weight_decay": weight_decay,
            "rate_factor": 1.0,
        },
        {
            "params": [weight for weight in weights if weight.ndim <= 1],
            "weight_decay": 0.0,
            "rate_factor": 1.0,
        },
        {
            "params": [weight for weight in objective.parameters() if weight.requires_grad],
            "weight_decay": 0.0,
            "rate_factor": _OBJECTIVE_RATE_FACTOR,
        },
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=0.0, fused=True)
