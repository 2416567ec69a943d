"""Tables in, negatives out: against a naive reference, and the same bytes however computed."""

from __future__ import annotations

import io
import math

import faiss
import numpy as np
import polars as pl
import pytest

from negatives.world import clustered
from trisampler.negatives import SAMPLERS, vectors
from trisampler.negatives.mining import draw_negatives
from trisampler.negatives.noise import digest_ids, gumbels, pair_keys
from trisampler.negatives.settings import SamplingSettings

NEGATIVES, TEMPERATURE, GUARD = 3, 0.05, 0.1


@pytest.fixture(scope="module")
def world():
    return clustered()


def serialised(frame):
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="uncompressed")
    return buffer.getvalue()


def everything(negatives):
    return serialised(negatives.table), serialised(negatives.plane), negatives.diagnostics


# -- a naive two-stage tri, one pair at a time, in float64 --------------------------------------


def noise(seed, round_number, stage, query_id, positive_id, doc_id):
    keys = pair_keys(
        seed, round_number, f"draw {stage}", digest_ids([query_id]), digest_ids([positive_id])
    )
    return float(gumbels(keys, digest_ids([doc_id]))[0])


def cosine(one, other):
    return float(one @ other / math.sqrt(one @ one) / math.sqrt(other @ other))


def naive_tri(world, query_id, positive_id, seed, round_number):
    query, positive = world.query_vector(query_id), world.document_vector(positive_id)
    positives = world.positives()[query_id]
    s_pos = query @ positive
    candidates = {}
    for doc_id in world.candidates.filter(query_id=query_id)["doc_id"]:
        document = world.document_vector(doc_id)
        near = any(
            1 - cosine(world.document_vector(other), document)
            < GUARD * (1 - cosine(query, world.document_vector(other)))
            for other in positives
        )
        if doc_id not in positives and not near:
            candidates[doc_id] = (
                math.exp(-(((query @ document - s_pos) / TEMPERATURE) ** 2) / 4),
                max(positive @ document - query @ document, 0.0),
            )
    total, squares = (sum(g**power for g, _ in candidates.values()) for power in (1, 2))
    kept = min(max(int(total**2 / squares), NEGATIVES), 8 * NEGATIVES)

    def order(names, weight, stage):
        keyed = {
            name: math.log(weight[name])
            + noise(seed, round_number, stage, query_id, positive_id, name)
            for name in names
            if weight[name] > 0
        }
        return sorted(keyed, key=keyed.__getitem__, reverse=True)

    g = {name: pair[0] for name, pair in candidates.items()}
    r = {name: pair[1] for name, pair in candidates.items()}
    left = order(g, g, 0)[:kept]
    drawn = order(left, r, 1)[:NEGATIVES]
    rest = [name for name in left if name not in drawn]
    filled = order(rest, g, "fill")[: NEGATIVES - len(drawn)]
    log_probabilities = []
    for sequence, weight, pool in ((drawn, r, list(left)), (filled, g, rest)):
        for name in sequence:
            log_probabilities.append(math.log(weight[name] / sum(weight[each] for each in pool)))
            pool.remove(name)
    return drawn + filled, log_probabilities


@pytest.mark.parametrize(("seed", "round_number"), [(0, 1), (5, 3)])
def test_tri_is_the_naive_reference(world, seed, round_number):
    drawn = world.draw(
        "tri", seed=seed, round_number=round_number, negatives=NEGATIVES, guard=GUARD
    )
    pairs = sorted((q, d) for q, found in world.positives().items() for d in found)
    for query_id, positive_id in pairs:
        rows = drawn.table.filter(query_id=query_id, positive_id=positive_id)
        expected, log_probabilities = naive_tri(world, query_id, positive_id, seed, round_number)
        assert rows["negative_id"].to_list() == expected
        assert rows["log_probability"].to_list() == pytest.approx(log_probabilities, abs=1e-4)
    assert drawn.diagnostics["shortfalls"]["filled_without_weight_negatives"] > 0


def test_provenance_is_what_the_vectors_and_candidates_say(world):
    table = world.draw("simans", negatives=4).table
    assert table.schema == {
        "query_id": pl.String,
        "positive_id": pl.String,
        "negative_id": pl.String,
        "rank": pl.Int32,
        "s_q_neg": pl.Float32,
        "s_q_pos": pl.Float32,
        "s_pos_neg": pl.Float32,
        "log_probability": pl.Float32,
        "source": pl.String,
        "teacher_q_neg": pl.Float32,
        "teacher_q_pos": pl.Float32,
    }
    joined = table.join(
        world.candidates, left_on=["query_id", "negative_id"], right_on=["query_id", "doc_id"]
    )
    assert joined.height == table.height
    assert (joined["rank"] == joined["rank_right"]).all()
    assert (joined["s_q_neg"] == joined["score"]).all()
    for row in table.sample(40, seed=0).iter_rows(named=True):
        query = world.query_vector(row["query_id"])
        positive = world.document_vector(row["positive_id"])
        negative = world.document_vector(row["negative_id"])
        assert row["s_q_pos"] == pytest.approx(query @ positive, abs=1e-6)
        assert row["s_pos_neg"] == pytest.approx(positive @ negative, abs=1e-6)
        assert row["source"] == "encoder"
    keys = table.select("query_id", "positive_id")
    assert keys.equals(keys.sort("query_id", "positive_id"))


def test_the_positives_score_is_that_of_an_exact_search(world):
    table = world.draw("top-k").table
    found = table.join(
        world.teacher, left_on=["query_id", "positive_id"], right_on=["query_id", "doc_id"]
    )
    assert (found["s_q_pos"] == found["score"]).all()


# -- the same bytes ------------------------------------------------------------------------------

POOLS = {"pools": ("encoder", "lexical", "neighbours", "corpus")}


@pytest.mark.parametrize("name", SAMPLERS)
def test_blocks_change_nothing(world, name):
    whole = everything(world.draw(name))
    for pairs in (1, 7):
        assert everything(world.draw(name, block_pairs=pairs)) == whole


@pytest.mark.parametrize("name", ["tri", "bm25", "tri-product"])
def test_blocks_change_nothing_with_mixed_pools(world, name):
    whole = everything(world.draw(name, **POOLS))
    assert everything(world.draw(name, block_pairs=1, **POOLS)) == whole
    assert set(world.draw("top-k", **POOLS).table["source"]) == set(POOLS["pools"])


def test_a_pool_that_has_nothing_leaves_the_others_as_they_are(world):
    empty = world.replaced(neighbours=world.neighbours.clear())
    assert everything(empty.draw("tri")) == everything(world.draw("tri"))
    with_empty = empty.draw("top-k", pools=("encoder", "neighbours")).table
    assert with_empty.equals(world.draw("top-k", pools=("encoder",)).table)
    alone = empty.draw("top-k", pools=("neighbours",)).table
    assert set(alone["source"]) == {"fallback"}


@pytest.mark.parametrize("name", ["tri", "bm25", "margin-bins"])
def test_row_order_changes_nothing(world, name):
    whole = everything(world.draw(name, **POOLS))
    for seed in (1, 2):
        shuffled = {
            field: getattr(world, field).sample(fraction=1.0, shuffle=True, seed=seed)
            for field in (
                "corpus_table",
                "judgements",
                "candidates",
                "lexical",
                "neighbours",
                "teacher",
            )
        }
        assert everything(world.replaced(**shuffled).draw(name, **POOLS)) == whole


def test_threads_change_nothing(world):
    threads = faiss.omp_get_max_threads()
    results = []
    for number in (1, 2, 5):
        faiss.omp_set_num_threads(number)
        try:
            results.append(everything(world.draw("tri", **POOLS)))
        finally:
            faiss.omp_set_num_threads(threads)
    assert results[0] == results[1] == results[2]


def test_gathering_block_by_block_changes_nothing(world, monkeypatch):
    whole = everything(world.draw("tri", **POOLS))
    monkeypatch.setattr(vectors, "_RESIDENT_BYTES", 0)
    assert everything(world.draw("tri", **POOLS, block_pairs=5)) == whole


@pytest.mark.parametrize("name", ["tri", "random"])
def test_other_queries_change_nothing(world, name):
    some = world.queries.ids[::3]
    fewer = world.replaced(
        judgements=world.judgements.filter(pl.col("query_id").is_in(some)),
        candidates=world.candidates.filter(pl.col("query_id").is_in(some)),
    )
    table = world.draw(name).table.filter(pl.col("query_id").is_in(some))
    assert serialised(fewer.draw(name).table.rechunk()) == serialised(table.rechunk())


@pytest.mark.parametrize(
    "name",
    [name for name in SAMPLERS if name not in ("in-batch", "bm25", "perc-pos", "margin-pos")],
)
def test_seeds_and_rounds_differ(world, name):
    base = world.draw(name).table["negative_id"]
    assert not world.draw(name, seed=1).table["negative_id"].equals(base)
    assert not world.draw(name, round_number=2).table["negative_id"].equals(base)


def test_pairs_of_one_query_draw_independently(world):
    table = world.draw("random", negatives=4).table
    drawn = table.group_by("query_id", "positive_id").agg(pl.col("negative_id"))
    assert drawn["negative_id"].n_unique() == drawn.height


def test_in_batch_draws_nothing(world):
    negatives = world.draw("in-batch")
    assert negatives.table.is_empty()
    assert negatives.table.columns == world.draw("tri").table.columns
    assert negatives.diagnostics["negatives"] == 0
    assert negatives.diagnostics["pairs"] == 60


def test_a_sampler_of_ones_own_is_one_line_of_configuration(world):
    name = f"{__name__}:hardest"
    drawn = world.draw(name, negatives=2, parameters={"above": 3})
    assert drawn.table["rank"].min() > 3


def hardest(above=0.0):
    from trisampler.negatives import Sampler, Stage

    def log_weight(scores):
        columns = np.arange(scores.s_q_cand_PK.shape[1])
        return np.where(columns >= above, 0.0, -np.inf) + np.zeros(scores.s_q_cand_PK.shape)

    return Sampler("hardest", "encoder", (Stage(log_weight, in_order=True),), "hits", "a test")


def test_vectors_need_not_be_ours(world):
    class Plain:
        def __init__(self, embeddings):
            self.ids = tuple(embeddings.ids)
            self.dimension = embeddings.dimension
            self.matrix = embeddings.vectors()

        def vectors(self, rows=None):
            return self.matrix[rows if rows is not None else slice(None)]

    ours = world.draw("tri").table
    theirs = draw_negatives(
        world.candidates,
        Plain(world.queries),
        Plain(world.corpus),
        world.corpus_table,
        world.judgements,
        SamplingSettings(sampler="tri"),
        seed=0,
        round_number=1,
        teacher=world.teacher,
    ).table
    assert theirs.equals(ours)


@pytest.mark.parametrize("pools", [("encoder", "lexical"), ("lexical",)])
def test_samplers_that_draw_in_order_take_the_pools_in_turn(pools):
    world = clustered(queries=12, documents=120)
    # Half of the lexical hits are candidates of the encoder too, which then stand there alone.
    far = world.lexical.filter(pl.col("rank") <= 10).with_columns(rank=pl.col("rank") * 2 - 1)
    near = world.candidates.filter(pl.col("rank") <= 10).with_columns(rank=22 - pl.col("rank") * 2)
    world = world.replaced(lexical=pl.concat([far, near]).sort("query_id", "rank"))
    tables = {"encoder": world.candidates, "lexical": world.lexical}
    hits = {
        name: dict(
            tables[name].sort("rank").group_by("query_id", maintain_order=True).agg("doc_id").rows()
        )
        for name in pools
    }
    table = world.draw("bm25", pools=pools, negatives=6, guard=0.0).table
    positives = world.positives()
    drawn = table.group_by("query_id", "positive_id", maintain_order=True).agg(
        "negative_id", "source"
    )
    for query_id, _, negatives, sources in drawn.iter_rows():
        expected, home = [], {}
        for name in pools:
            for doc_id in hits[name][query_id]:
                home.setdefault(doc_id, name)
        for rank in range(20):
            for name in pools:
                doc_id = hits[name][query_id][rank]
                if doc_id not in positives[query_id] and home[doc_id] == name:
                    expected.append((doc_id, name))
        assert list(zip(negatives, sources, strict=True)) == expected[:6]
    assert set(table["source"]) == set(pools)
