"""What the diagnostics say is what a naive count over the vectors says."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from negatives.world import build, clustered


@pytest.fixture(scope="module")
def world():
    return clustered(queries=20, positives=1)


@pytest.fixture(scope="module")
def naive(world):
    """Per pair: its eligible candidates' x, y, a."""
    result = []
    for query_id, positives in world.positives().items():
        (positive_id,) = positives
        query, positive = world.query_vector(query_id), world.document_vector(positive_id)
        a, rows = query @ positive, []
        for doc_id in world.candidates.filter(query_id=query_id)["doc_id"]:
            document = world.document_vector(doc_id)
            x, y = query @ document, positive @ document
            if doc_id != positive_id and 1 - y >= 0.1 * (1 - a):
                rows.append((x, y))
        result.append((a, np.array(rows)))
    return result


def test_shares_sizes_and_entropy(world, naive):
    report = world.draw("tri", negatives=2).diagnostics
    everything = np.concatenate([rows for _, rows in naive])
    assert report["pairs"] == 20
    assert report["negatives"] == 40
    assert report["eligible_per_pair"] == pytest.approx(len(everything) / 20)
    leaning = (everything[:, 1] > everything[:, 0]).mean()
    assert report["share_leaning_to_positive"] == pytest.approx(leaning, abs=1e-6)
    harder = np.concatenate([rows[:, 0] > a for a, rows in naive]).mean()
    assert report["share_harder_than_positive"] == pytest.approx(harder, abs=1e-6)
    sizes, sizes_r, entropies = [], [], []
    for a, rows in naive:
        g = np.exp(-(((rows[:, 0] - a) / 0.05) ** 2) / 4)
        g_r = g * np.maximum(rows[:, 1] - rows[:, 0], 0)
        sizes.append(g.sum() ** 2 / (g**2).sum())
        sizes_r.append(g_r.sum() ** 2 / (g_r**2).sum() if g_r.any() else 0)
        entropies.append(-sum(p * math.log(p) for p in g / g.sum() if p > 0))
    assert report["effective_sample_size"]["g"]["mean"] == pytest.approx(np.mean(sizes), rel=1e-4)
    assert report["effective_sample_size"]["g_r"]["median"] == pytest.approx(
        np.median(sizes_r), rel=1e-3
    )
    assert report["entropy"] == pytest.approx(np.mean(entropies), rel=1e-4)
    kept = np.clip(np.floor(sizes), 2, 16)
    assert report["kept_by_first_stage"]["mean"] == pytest.approx(kept.mean())
    assert report["kept_by_first_stage"]["bounds"] == [2, 16]
    assert report["kept_by_first_stage"]["share_at_least"] == pytest.approx((kept == 2).mean())
    assert report["kept_by_first_stage"]["share_at_most"] == pytest.approx((kept == 16).mean())


def test_the_drawn_shares_are_those_of_the_table(world):
    drawn = world.draw("tri", negatives=3)
    table = drawn.table
    harder = (table["s_q_neg"] > table["s_q_pos"]).mean()
    leaning = (table["s_pos_neg"] > table["s_q_neg"]).mean()
    assert drawn.diagnostics["drawn_share_harder_than_positive"] == pytest.approx(harder, abs=1e-6)
    assert drawn.diagnostics["drawn_share_leaning_to_positive"] == pytest.approx(leaning, abs=1e-6)


def test_entropy_of_pools_that_decide_by_order(world):
    assert world.draw("bm25").diagnostics["entropy"] == 0
    assert world.draw("random").diagnostics["entropy"] == pytest.approx(math.log(149), abs=1e-6)
    assert world.draw("top-k").diagnostics["entropy"] == pytest.approx(math.log(19), abs=0.1)


def test_diagnostics_are_json(world):
    for name in ("tri", "random", "in-batch"):
        json.dumps(world.draw(name).diagnostics, allow_nan=False)


def test_the_plane_holds_the_candidates_of_some_pairs(world):
    whole = world.draw("tri", negatives=2)
    assert whole.plane["query_id"].n_unique() == 20
    drawn = whole.plane.filter("drawn").select("query_id", "positive_id", negative_id="doc_id")
    key = ["query_id", "positive_id", "negative_id"]
    assert drawn.sort(key).equals(whole.table.select(key).sort(key))
    row = whole.plane.row(7, named=True)
    query, positive, document = (
        world.query_vector(row["query_id"]),
        world.document_vector(row["positive_id"]),
        world.document_vector(row["doc_id"]),
    )
    assert row["cos_q_pos"] == pytest.approx(query @ positive, abs=1e-6)
    assert row["cos_q_doc"] == pytest.approx(query @ document, abs=1e-6)
    assert row["cos_pos_doc"] == pytest.approx(positive @ document, abs=1e-6)
    some = world.draw("tri", negatives=2, plane_pairs=5).plane
    chosen = some["query_id"].unique()
    assert len(chosen) == 5
    assert some.equals(whole.plane.filter(pl.col("query_id").is_in(chosen)))
    later = world.draw("tri", negatives=2, plane_pairs=5, round_number=4).plane
    assert set(later["query_id"]) == set(chosen)


def lean_world(scale):
    """Documents `scale` times as long as queries."""
    generator = np.random.default_rng(0)
    documents = scale * generator.standard_normal((30, 5))
    return build(generator.standard_normal((4, 5)), documents, [(q, q, 1) for q in range(4)])


def test_long_documents_lean_by_dot_product_but_not_by_cosine():
    short, long = lean_world(1.0), lean_world(50.0)
    share = "share_leaning_to_positive"
    by_cosine = [
        world.draw("tri", document_scores="cosine").diagnostics[share] for world in (short, long)
    ]
    assert by_cosine[0] == by_cosine[1]
    by_dot = [world.draw("tri").diagnostics[share] for world in (short, long)]
    assert by_dot[1] != by_dot[0]


def test_the_median_offset_lets_half_of_the_candidates_lean():
    for scale in (1.0, 50.0):
        report = lean_world(scale).draw("tri", document_offset="median").diagnostics
        assert report["share_leaning_to_positive"] == pytest.approx(0.5, abs=0.06)
