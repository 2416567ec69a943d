"""Low-rank adapters in place of the weights themselves: less memory for the optimiser.

Hu et al., LoRA, ICLR 2022, by the peft library. In the end they are added to the weights, so that
the trained encoder is of the same form as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trisampler.extras import install_extra
from trisampler.training.errors import TrainingError

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.towers import Tower


@contextmanager
def adapters(encoder: Encoder, rank: int, seed: int) -> Iterator[None]:
    """Inside, adapters of all linear layers are trained and nothing else; then they are added up.

    Nothing happens for a rank of 0.

    Args:
        encoder: whose towers get adapters, but for towers that are not trained at all.
        rank: of the adapters.
        seed: of their first values.

    Raises:
        TrainingError: peft is not installed.
    """
    towers = _trained_towers(encoder) if rank else []
    for number, tower in enumerate(towers):
        tower.backbone = _adapted(tower.backbone, rank, seed + number)
    yield
    for tower in towers:
        tower.backbone = tower.backbone.merge_and_unload().requires_grad_(True)


def _trained_towers(encoder: Encoder) -> list[Tower]:
    distinct = {id(tower): tower for tower in (encoder.tower("query"), encoder.tower("document"))}
    return [
        tower
        for tower in distinct.values()
        if any(weight.requires_grad for weight in tower.parameters())
    ]


def _adapted(backbone: Any, rank: int, seed: int) -> Any:
    import torch

    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise TrainingError(
            f"training.lora_rank needs the package peft: {install_extra('lora')}, or set it to 0 "
            "to train all weights"
        ) from error

    # The convention of an alpha of twice the rank keeps the scale whatever the rank.
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.0, bias="none"
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(backbone, config)
