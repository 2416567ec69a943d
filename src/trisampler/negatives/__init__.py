"""Which documents to train against: TriSampler and every sampler it is compared with.

The geometry is in `geometry`, the samplers in `samplers`, the draw in `draw`. The names below are
what other code needs; each is imported from its module on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trisampler.negatives.array_mining import MinedRows as MinedRows
    from trisampler.negatives.array_mining import mine as mine
    from trisampler.negatives.draw import draw as draw
    from trisampler.negatives.errors import NegativesError as NegativesError
    from trisampler.negatives.mining import draw_negatives as draw_negatives
    from trisampler.negatives.registry import SAMPLERS as SAMPLERS
    from trisampler.negatives.registry import build_sampler as build_sampler
    from trisampler.negatives.round import Negatives as Negatives
    from trisampler.negatives.sampler import Sampler as Sampler
    from trisampler.negatives.sampler import Stage as Stage
    from trisampler.negatives.settings import SamplingSettings as SamplingSettings
    from trisampler.negatives.text_mining import MinedNegatives as MinedNegatives
    from trisampler.negatives.text_mining import mine_negatives as mine_negatives

_HOMES = {
    "MinedRows": "array_mining",
    "mine": "array_mining",
    "draw": "draw",
    "NegativesError": "errors",
    "Negatives": "round",
    "draw_negatives": "mining",
    "SAMPLERS": "registry",
    "build_sampler": "registry",
    "Sampler": "sampler",
    "Stage": "sampler",
    "SamplingSettings": "settings",
    "MinedNegatives": "text_mining",
    "mine_negatives": "text_mining",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
