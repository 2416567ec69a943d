"""Layers that forget what they computed and compute it again on the way back.

Chen et al. 2016, by transformers' own layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trisampler.encoders.settings import SIDES

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


def checkpoint_layers(encoder: Encoder) -> None:
    """Make every layer of the encoder checkpoint its gradient from here on.

    A layer does so only while it is in training mode; the mode of what is in it, its dropout among
    it, stays as it is.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    for side in SIDES:
        backbone: Any = encoder.tower(side).backbone
        if not backbone.is_gradient_checkpointing:
            backbone.activation_checkpointing_enable({"use_reentrant": False})
        for layer in backbone.modules():
            if isinstance(layer, GradientCheckpointingLayer):
                layer.training = True
