"""What a sampler may look at: the scores of a block of (query, positive) pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trisampler.negatives.arrays import Bool, Float32, Float64


@dataclass(frozen=True)
class PairScores:
    """Scores of P pairs and the K candidates of each; 0 in columns without a document.

    Attributes:
        s_q_pos_P: s(q, d+), the raw score, computed from the vectors.
        s_q_cand_PK: s(q, d-), raw.
        s_pos_cand_PK: s(d+, d-), raw.
        cos_q_pos_P: cosine of q and d+; 0 where a vector is zero. So the two below.
        cos_q_cand_PK: cosine of q and d-.
        cos_pos_cand_PK: cosine of d+ and d-.
        eligible_PK: the columns that may be drawn.
        lean_PK: s(d+, d-) - s(q, d-), both dot products or both cosines, less the pair's offset;
            above 0 where the candidate leans to the positive rather than to the query.
        temperature: what training divides scores by.
        teacher_q_pos_P: another model's score of (q, d+), NaN where it gave none; None without a
            teacher.
        teacher_q_cand_PK: the same of (q, d-).
    """

    s_q_pos_P: Float32
    s_q_cand_PK: Float32
    s_pos_cand_PK: Float32
    cos_q_pos_P: Float32
    cos_q_cand_PK: Float32
    cos_pos_cand_PK: Float32
    eligible_PK: Bool
    lean_PK: Float32
    temperature: float
    teacher_q_pos_P: Float32 | None = None
    teacher_q_cand_PK: Float32 | None = None

    @property
    def delta_PK(self) -> Float64:
        """(s(q, d-) - s(q, d+)) / temperature: how much harder than d+, in logits of training."""
        gap_PK = self.s_q_cand_PK.astype(np.float64) - self.s_q_pos_P[:, None]
        return np.asarray(gap_PK / self.temperature)
