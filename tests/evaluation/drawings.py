"""Histories and planes for the tests of plots and report."""

from __future__ import annotations

import numpy as np
import polars as pl


def history(seed: int, steps: int = 60) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    step = np.arange(1, steps + 1)
    dev = [0.5 + 0.001 * int(s) if s % 20 == 0 else None for s in step]
    return pl.DataFrame(
        {"step": step, "loss": 1.5 / step**0.3 + 0.1 * generator.random(steps), "dev_nDCG@10": dev}
    )


def plane(queries: int = 40, candidates: int = 30) -> pl.DataFrame:
    """Candidates of real unit vectors; those nearest to the line x = a above y = x are drawn."""
    generator = np.random.default_rng(0)
    tables = []
    for query in range(queries):
        q, noise = generator.normal(size=(2, 16))
        positive = q + 0.8 * noise
        documents = (q + positive) / 2 + generator.normal(size=(candidates, 16))
        q, positive = q / np.linalg.norm(q), positive / np.linalg.norm(positive)
        documents /= np.linalg.norm(documents, axis=1, keepdims=True)
        x, y, a = documents @ q, documents @ positive, float(q @ positive)
        drawn = (y > x) & (np.abs(x - a) < 0.1)
        tables.append(
            pl.DataFrame(
                {
                    "query_id": [f"q{query}"] * candidates,
                    "positive_id": ["p"] * candidates,
                    "doc_id": [f"d{index}" for index in range(candidates)],
                    "cos_q_pos": np.full(candidates, a, np.float32),
                    "cos_q_doc": x.astype(np.float32),
                    "cos_pos_doc": y.astype(np.float32),
                    "drawn": drawn,
                }
            )
        )
    return pl.concat(tables)


def feasible_range(a, x):
    spread = np.sqrt((1 - a * a) * (1 - x * x))
    return a * x - spread, a * x + spread


def t1_floor(a, x):
    return a + x - 1 + np.sqrt((1 - a) * (1 - x))
