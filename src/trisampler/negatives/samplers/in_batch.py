"""No mined negatives."""

from __future__ import annotations

from trisampler.negatives.sampler import Sampler


def in_batch() -> Sampler:
    """Draw nothing: training's negatives are the other documents of the batch."""
    return Sampler(
        name="in-batch",
        pool=None,
        stages=(),
        formula="no mined negatives",
        source="DPR: Karpukhin et al., EMNLP 2020",
    )
