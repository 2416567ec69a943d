"""Each sampler draws from the distribution it states: first draws, and ordered tuples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from negatives.test_draw import chi_square, count, sequence_probability
from trisampler.negatives.noise import digest_ids, digest_rows, pair_keys
from trisampler.negatives.registry import build_sampler
from trisampler.negatives.scores import PairScores
from trisampler.negatives.stages import Chance, StageRunner

TEMPERATURE = 0.1
# Unit vectors in the plane have these cosines with q, and d+ is at 0.6.
A = 0.6
X = [0.75, 0.62, 0.55, 0.40, 0.57]
Y = [0.70, 0.80, 0.50, 0.45, 0.95]
ELIGIBLE = [True, True, True, True, True]


def run(name, negatives, rows=40_000, x=X, y=Y, a=A, eligible=ELIGIBLE, seed=0, **parameters):
    """Columns drawn for `rows` pairs that see the same scores, under independent noise."""
    x_PK, y_PK = (np.tile(np.array(each, dtype=np.float32), (rows, 1)) for each in (x, y))
    a_P = np.full(rows, a, dtype=np.float32)
    teacher = 1 - np.array([0.0, 0.12, 0.17, 0.93, 1.0], dtype=np.float32)
    scores = PairScores(
        s_q_pos_P=a_P,
        s_q_cand_PK=x_PK,
        s_pos_cand_PK=y_PK,
        cos_q_pos_P=a_P,
        cos_q_cand_PK=x_PK,
        cos_pos_cand_PK=y_PK,
        eligible_PK=np.tile(eligible, (rows, 1)),
        lean_PK=y_PK - x_PK,
        temperature=TEMPERATURE,
        teacher_q_pos_P=np.ones(rows, dtype=np.float32),
        teacher_q_cand_PK=np.tile(teacher[: len(x)], (rows, 1)),
    )
    digests_PK = np.tile(digest_ids([f"d{column}" for column in range(len(x))]), (rows, 1))
    rows_digests = digest_rows(rows)
    chance = Chance(
        lambda stage: pair_keys(seed, 1, stage, rows_digests, rows_digests),
        digests_PK,
        np.zeros(digests_PK.shape),
    )
    sampler = build_sampler(name, parameters)
    return StageRunner(sampler, scores, negatives, chance, np.arange(len(x)), str).run()


def delta(x):
    return (x - A) / TEMPERATURE


def g(x):
    return math.exp(-(delta(x) ** 2) / 4)


def r(x, y):
    return max(y - x, 0.0)


STATED = {
    "top-k": [1.0] * 5,
    "simans": [math.exp(-0.5 * delta(x) ** 2) for x in X],
    "simans-laplace": [math.exp(-3 * abs(delta(x))) for x in X],
    "perc-pos-uniform": [float(x <= 0.95 * A) for x in X],
    "margin-pos-uniform": [float(x <= A - 0.05 + 1e-6) for x in X],
    "tri-product": [g(x) * r(x, y) for x, y in zip(X, Y, strict=True)],
    # margins 0, .12, .17, .93, 1: of ten bins three hold some: {0}, {.12, .17}, {.93, 1}
    "margin-bins": [1 / 3, 1 / 6, 1 / 6, 1 / 6, 1 / 6],
}


@pytest.mark.parametrize("name", STATED)
def test_first_draws_follow_the_formula(name):
    outcome = run(name, 1)
    weights = np.array(STATED[name])
    expected = {(c,): w / weights.sum() for c, w in enumerate(weights) if w > 0}
    assert outcome.mask_Pn.all()
    assert chi_square(count(outcome.columns_Pn), expected) > 1e-3
    stated = np.log(weights / weights.sum(), out=np.zeros(5), where=weights > 0)
    assert outcome.log_probability_Pn[:, 0] == pytest.approx(
        stated[outcome.columns_Pn[:, 0]], abs=1e-5
    )


@pytest.mark.parametrize("name", ["simans", "tri-product"])
def test_ordered_pairs_follow_the_formula(name):
    outcome = run(name, 2)
    weights = STATED[name]
    drawable = [c for c in range(5) if weights[c] > 0]
    expected = {
        pair: sequence_probability(weights, pair) for pair in itertools.permutations(drawable, 2)
    }
    assert chi_square(count(outcome.columns_Pn), expected) > 1e-3


def two_stage_probabilities(x, y, kept, negatives):
    """P(ordered negatives) of `tri`, by enumeration in float64 of all that may happen."""
    near = [g(each) for each in x]
    lean = [r(*each) for each in zip(x, y, strict=True)]
    result: dict[tuple[int, ...], float] = {}
    for first in itertools.permutations(range(len(x)), kept):
        probability = sequence_probability(near, first)
        for final in itertools.permutations(first, negatives):
            chance, left = probability, list(first)
            for column in final:
                weights = lean if any(lean[each] > 0 for each in left) else near
                chance *= weights[column] / sum(weights[each] for each in left)
                left.remove(column)
            if chance > 0:
                result[final] = result.get(final, 0.0) + chance
    return result


@pytest.mark.parametrize(
    ("negatives", "multiple", "kept"),
    [(1, 8.0, 4), (1, 2.0, 2), (2, 1.0, 2), (1, 3.0, 3), (2, 8.0, 4), (3, 8.0, 4)],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_two_stages_of_tri_against_brute_force(negatives, multiple, kept, seed):
    near = np.array([g(each) for each in X])
    size = near.sum() ** 2 / (near**2).sum()
    assert min(max(int(size), negatives), int(multiple * negatives)) == kept
    outcome = run("tri", negatives, seed=seed, multiple=multiple)
    assert (outcome.kept_P == kept).all()
    expected = two_stage_probabilities(X, Y, kept, negatives)
    assert sum(expected.values()) == pytest.approx(1)
    assert chi_square(count(outcome.columns_Pn), expected) > 1e-3


@pytest.mark.parametrize("negatives", [1, 2])
def test_the_screened_tri_against_brute_force(negatives):
    """`tri-t1` is `tri` on what the screen lets through."""
    within = [c for c in range(5) if Y[c] >= A + X[c] - 1 + math.sqrt((1 - A) * (1 - X[c]))]
    near = np.array([g(X[c]) for c in within])
    kept = min(max(int(near.sum() ** 2 / (near**2).sum()), negatives), 8 * negatives)
    outcome = run("tri-t1", negatives)
    assert (outcome.kept_P == kept).all()
    expected = {
        tuple(within[place] for place in places): probability
        for places, probability in two_stage_probabilities(
            [X[c] for c in within], [Y[c] for c in within], kept, negatives
        ).items()
    }
    assert sum(expected.values()) == pytest.approx(1)
    assert chi_square(count(outcome.columns_Pn), expected) > 1e-3


def test_fill_comes_after_all_with_weight_and_is_marked():
    outcome = run("tri", 3, rows=2000)
    lean = np.array([r(*each) > 0 for each in zip(X, Y, strict=True)])
    assert outcome.mask_Pn.all()
    assert (outcome.filled_Pn == ~lean[outcome.columns_Pn]).all()
    assert (np.diff(outcome.filled_Pn.astype(int), axis=1) >= 0).all()
    assert outcome.filled_Pn.any()


def test_t1_screens_by_the_angle_and_t2_hardly_at_all():
    floor = [A + x - 1 + math.sqrt((1 - A) * (1 - x)) for x in X]
    within = {c for c in range(5) if Y[c] >= floor[c]}
    assert within == {0, 1, 4}
    assert set(np.unique(run("tri-t1", 1, rows=3000).columns_Pn)) <= within
    screened = run("tri-t1", 4, rows=500)
    assert (screened.mask_Pn.sum(axis=1) == 3).all()
    everything = run("tri", 2, rows=3000)
    assert (run("tri-t2", 2, rows=3000).columns_Pn == everything.columns_Pn).all()


def test_ineligible_columns_do_not_exist_for_any_sampler():
    eligible = [True, False, True, True, False]
    for name in [*STATED, "tri", "tri-t1", "tri-t2", "perc-pos", "margin-pos", "bm25", "random"]:
        outcome = run(name, 5, rows=300, eligible=eligible)
        assert set(np.unique(outcome.columns_Pn[outcome.mask_Pn])) <= {0, 2, 3}, name


def test_screens_in_order_take_the_first_that_pass():
    columns = run("perc-pos", 2, rows=3).columns_Pn
    assert columns.tolist() == [[2, 3]] * 3
    assert run("margin-pos", 1, rows=1, margin=0.01).columns_Pn.tolist() == [[2]]
    assert run("bm25", 3, rows=1).columns_Pn.tolist() == [[0, 1, 2]]
    assert (run("perc-pos", 2, rows=3).log_probability_Pn == 0).all()


def test_share_of_a_negative_positive_score_lies_below_it():
    outcome = run("perc-pos", 3, rows=1, a=-0.4, x=[-0.39, -0.40, -0.42, -0.43, -0.5])
    assert outcome.columns_Pn[outcome.mask_Pn].tolist() == [3, 4]


def test_sigma_widens_the_gaussian():
    narrow = run("tri", 1, rows=10, sigma=0.03)
    wide = run("tri", 1, rows=10, sigma=30.0)
    assert (narrow.kept_P == 1).all()
    assert (wide.kept_P == 4).all()  # five nearly equal weights, rounded down


def test_kept_lies_between_n_and_a_multiple_of_it():
    assert (run("tri", 2, rows=5, sigma=1e-3).kept_P == 2).all()
    assert (run("tri", 1, rows=5, sigma=100.0, multiple=2.0).kept_P == 2).all()
