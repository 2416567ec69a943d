"""Lexically similar negatives."""

from __future__ import annotations

from trisampler.negatives.sampler import Sampler, Stage, uniform


def bm25() -> Sampler:
    """The best lexical hits that are not positives; nothing random about it."""
    return Sampler(
        name="bm25",
        pool="lexical",
        stages=(Stage(uniform, in_order=True),),
        formula="the first n of the query's BM25 hits, minus positives",
        source="DPR: Karpukhin et al., EMNLP 2020",
    )
