"""Uniform negatives among the nearest documents."""

from __future__ import annotations

from trisampler.negatives.sampler import Sampler, Stage, uniform


def top_k() -> Sampler:
    """Uniform over the top-K of the current encoder, K being the depth of the candidates."""
    return Sampler(
        name="top-k",
        pool="encoder",
        stages=(Stage(uniform),),
        formula="p(d-) = 1 / K over the query's top-K, minus positives",
        source="ANCE: Xiong et al., ICLR 2021 (top-200)",
    )
