"""Random numbers that are a function of who draws what, not of when it is drawn.

Each number is made from (seed, round, stage, query id, positive id, document id) alone, by
64-bit mixing, so that neither the order of rows nor blocks nor threads can change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from trisampler.hashing import derive_seed
from trisampler.negatives.arrays import Float64, UInt64

# The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014; constants: Stafford's mix 13).
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def digest_ids(ids: Sequence[str]) -> UInt64:
    """64 bits of BLAKE2b per id: what the mixing starts from, for any kind of id alike."""
    digests = b"".join(hashlib.blake2b(each.encode(), digest_size=8).digest() for each in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def digest_rows(count: int) -> UInt64:
    """64 bits per row number, for documents and queries that have no other name."""
    return mix(np.arange(count, dtype=np.uint64))


def mix(values: UInt64) -> UInt64:
    """A bijection of 64-bit integers: each input bit flips each output bit half the time."""
    mixed = values + _GAMMA
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def pair_keys(
    seed: int, round_number: int, stage: str, query_digests_P: UInt64, positive_digests_P: UInt64
) -> UInt64:
    """One key per (query, positive) pair for one stage of one round: shape (P,)."""
    start = np.uint64(derive_seed(seed, "negatives", round_number, stage))
    return mix(mix(start ^ query_digests_P) ^ positive_digests_P)


def uniforms(keys: UInt64, digests: UInt64) -> Float64:
    """Numbers in the open interval (0, 1); `keys` and `digests` broadcast.

    52 bits and a half: the least is 2^-53 and the greatest 1 - 2^-53, both exact in float64, so
    that no logarithm below is ever infinite.
    """
    bits = mix(keys ^ digests) >> np.uint64(12)
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-52)


def gumbels(keys: UInt64, digests: UInt64) -> Float64:
    """Standard Gumbel noise, -log(-log(u)); `keys` and `digests` broadcast."""
    return np.asarray(-np.log(-np.log(uniforms(keys, digests))))
