"""Uniform negatives."""

from __future__ import annotations

from trisampler.negatives.sampler import Sampler, Stage, uniform


def random() -> Sampler:
    """Uniform over the corpus without the query's positives.

    The pool `corpus` is itself a uniform sequence of documents, so its first ones are the draw;
    `SamplingSettings` refuse it any other.
    """
    return Sampler(
        name="random",
        pool="corpus",
        stages=(Stage(uniform, in_order=True),),
        formula="p(d-) = 1 / |corpus minus positives|",
        source="DPR: Karpukhin et al., EMNLP 2020",
    )
