"""Histories, planes and audits for the tests of plots and report."""

from __future__ import annotations

import numpy as np
import polars as pl


def history(seed: int, steps: int = 60) -> pl.DataFrame:
    """A training measured every 20 steps; of step 0, before it, nothing but dev is known."""
    generator = np.random.default_rng(seed)
    step = np.arange(1, steps + 1)
    loss = 1.5 / step**0.3 + 0.1 * generator.random(steps)
    dev = [0.5 + 0.001 * s if s % 20 == 0 else None for s in range(steps + 1)]
    return pl.DataFrame(
        {"step": [0, *step.tolist()], "loss": [None, *loss.tolist()], "dev_nDCG@10": dev}
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


def audit(rounds: int, *, hidden: int = 1200, mined: bool = True, sources=("encoder", "lexical")):
    """An audit of so many rounds, in the form of trisampler.negatives.audit."""
    return {
        "hidden_judgements": hidden,
        "hidden_queries": hidden // 5,
        "coverage": 0.95,
        "rounds": [_round(number, hidden > 0, mined, sources) for number in range(1, rounds + 1)],
    }


def _round(number, counted, mined, sources):
    told = {"round": number, "sampler": "tri", "pairs": 5000, "negatives": 20000 if mined else 0}
    rate = 0.04 / number
    figures = {
        "share_leaning_to_positive": 0.7 - 0.05 * number,
        "share_harder_than_positive": 0.1 + 0.02 * number,
        "drawn_share_leaning_to_positive": 0.97,
        "drawn_share_harder_than_positive": 0.3 + 0.02 * number,
        "effective_sample_size": {
            "g": {"lower": 20.0, "median": 45.5 - 3 * number, "upper": 60.0},
            "g_r": {"lower": 5.0, "median": 19.0 - 2 * number, "upper": 30.0},
        },
        "kept_by_first_stage": {
            "lower": 20.0,
            "median": 32.0,
            "upper": 32.0,
            "share_at_least": 0.05,
            "share_at_most": 0.6,
            "bounds": [4, 32],
        },
        "entropy": 3.25,
        "shortfalls": {"fallback_pairs": 12, "empty_pairs": 0},
        "share_filled_without_weight": 0.02,
        "share_of_candidates_guarded": 0.013,
        "overlap_with_former_round": 0.41 if number > 1 else None,
    }
    false_negatives = {
        "number": 800,
        "rate": {"value": rate, "low": rate - 0.004, "high": rate + 0.004},
        "base_rate": {"value": 0.05, "low": 0.045, "high": 0.055},
        "rate_minus_base_rate": {"value": rate - 0.05, "low": rate - 0.055, "high": rate - 0.045},
        "pairs": 700,
        "share_of_pairs": 0.14,
        "by_source": {name: {"negatives": 9000, "number": 90, "rate": 0.01} for name in sources},
    }
    return {
        **told,
        **{name: value if mined else None for name, value in figures.items()},
        "false_negatives": false_negatives if counted and mined else None,
    }
