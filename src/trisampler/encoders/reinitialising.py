"""A weaker start: a pretrained transformer whose last layers are as before all training."""

from __future__ import annotations

from typing import Any

from trisampler.encoders.errors import EncoderError
from trisampler.hashing import derive_seed


def reinitialise_last_layers(backbone: Any, number: int, seed: int) -> None:
    """Give the last layers fresh random weights, in place.

    They are those that a new model of the same class and config has: each architecture's own
    initialisation. Embeddings, earlier layers and what follows the layers stay. The same seed gives
    the same weights, a layer the same ones whether it goes alone or with those before it, and
    torch's own random state is left as it was.

    Args:
        backbone: a transformers model.
        number: of layers, counted from the last.
        seed: decides the weights.

    Raises:
        EncoderError: there are fewer layers, or none to be found.
    """
    import torch

    layers = _layers(backbone)
    if number > len(layers):
        raise EncoderError(
            f"reinitialised_layers is {number}, and the model has {len(layers)} layers: set it to "
            f"at most {len(layers)}."
        )
    with torch.random.fork_rng(devices=[]):
        # Apart from other uses of the same seed: untrained:0 is made of random weights too.
        torch.manual_seed(derive_seed(seed, "reinitialised layers"))
        fresh = type(backbone)(backbone.config)
    for layer, fresh_layer in list(zip(layers, _layers(fresh), strict=True))[-number:]:
        layer.load_state_dict(fresh_layer.state_dict())


def _layers(backbone: Any) -> Any:
    """The list of layers: by its length, because architectures differ in its name."""
    from torch.nn import ModuleList

    number = getattr(backbone.config, "num_hidden_layers", None)
    for module in backbone.modules():
        if isinstance(module, ModuleList) and len(module) == number:
            return module
    raise EncoderError(
        f"No list of {number} layers was found in {type(backbone).__name__}, so that none can be "
        "initialised anew. Set reinitialised_layers to 0 or choose another model."
    )
