"""The gate: may a new encoder take the champion's place?

It may where it is not worse than the champion by a margin, by `noninferiority_test` on the queries
of the gate's split. Both encoders are measured on the same queries and the same corpus, as they are
now. Without a champion encoder_0, the pretrained one, stands in. A champion that cannot be read is
never replaced: nobody knows what would be lost.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from trisampler.evaluation.errors import EvaluationError
from trisampler.evaluation.noninferiority import NonInferiority, noninferiority_test
from trisampler.evaluation.paired import PairedDifference, paired_difference
from trisampler.evaluation.sentences import p_value_text
from trisampler.evaluation.systems import UNTUNED
from trisampler.hashing import derive_seed
from trisampler.registry.champion import Incumbent
from trisampler.registry.settings import PromotionSettings


class GateTest(BaseModel):
    """The paired test; values are means over queries, and `difference` is candidate - incumbent.

    Attributes:
        lower_bound: The difference is above this with a confidence of 1 - alpha; None for too few
            queries.
        p_value: Of the hypothesis that the candidate is worse by the margin or more.
        wins: Queries on which the candidate is better.
        losses: Queries on which it is worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: int
    candidate_mean: float
    incumbent_mean: float
    difference: float
    lower_bound: float | None
    p_value: float
    exact: bool
    wins: int
    losses: int


class Decision(BaseModel):
    """What the gate decided, and on what grounds.

    Attributes:
        promoted: The candidate may become champion.
        reason: Why, or why not, in a sentence.
        candidate: The new encoder's name.
        incumbent: What it was measured against.
        settings: Of the gate.
        test: What was measured; None where there was nothing to measure.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    promoted: bool
    reason: str
    candidate: str
    incumbent: Incumbent
    settings: PromotionSettings
    test: GateTest | None


def decide(
    candidate: str,
    candidate_values: pl.DataFrame,
    incumbent: Incumbent,
    incumbent_values: pl.DataFrame,
    settings: PromotionSettings,
    permutations: int,
    seed: int,
) -> Decision:
    """Decide whether the candidate may take the incumbent's place.

    Args:
        candidate: The new encoder's name.
        candidate_values: query_id, value of the gate's measure on the gate's split.
        incumbent: What the candidate is measured against.
        incumbent_values: The same of the incumbent's encoder.
        settings: Split, measure, margin and level.
        permutations: Sets of queries that the test draws.
        seed: Fixes them.

    Raises:
        EvaluationError: The two were measured on different queries.
    """
    test, passed = _test(candidate_values, incumbent_values, settings, permutations, seed)
    promoted, reason = _verdict(candidate, incumbent, settings, test, passed=passed)
    return Decision(
        promoted=promoted,
        reason=reason,
        candidate=candidate,
        incumbent=incumbent,
        settings=settings,
        test=test,
    )


def incumbent_name(incumbent: Incumbent) -> str:
    """What the candidate was measured against, in print."""
    if incumbent.standing == "champion":
        return f"version {incumbent.version}, the champion"
    if incumbent.unread:
        return f"{UNTUNED} ({_unread(incumbent)})"
    nobody = incumbent.standing == "none"
    return f"{UNTUNED} ({'no champion yet' if nobody else 'MLflow has not said who is champion'})"


def decision_rows(decision: Decision) -> list[tuple[str, str]]:
    """The decision as a table of two columns."""
    settings, test = decision.settings, decision.test
    rows = [
        ("verdict", "promoted" if decision.promoted else "refused"),
        ("reason", decision.reason),
        ("candidate", decision.candidate),
        ("measured against", incumbent_name(decision.incumbent)),
    ]
    if decision.incumbent.trouble:
        rows.append(("trouble", decision.incumbent.trouble))
    if test is None:
        return rows
    bound = "none: too few queries" if test.lower_bound is None else f"{test.lower_bound:+.4f}"
    return [
        *rows,
        ("queries", f"{test.queries:,} of {settings.split}"),
        (f"{settings.measure} of the candidate", f"{test.candidate_mean:.4f}"),
        (f"{settings.measure} of the other", f"{test.incumbent_mean:.4f}"),
        ("difference", f"{test.difference:+.4f}"),
        (f"is above, with {1 - settings.alpha:.0%} confidence", bound),
        ("must be above", f"{0 - settings.margin:+.4f}"),
        ("p of being worse by the margin", p_value_text(test.p_value, settings.alpha)),
        ("must be below", f"{settings.alpha:g}"),
        ("queries won : lost", f"{test.wins:,} : {test.losses:,}"),
    ]


def decision_text(decision: Decision) -> str:
    """The same in plain text, with a newline at the end."""
    rows = decision_rows(decision)
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return "\n".join(["promotion gate", "-" * len(lines[0]), *lines]) + "\n"


def _test(
    candidate: pl.DataFrame,
    incumbent: pl.DataFrame,
    settings: PromotionSettings,
    permutations: int,
    seed: int,
) -> tuple[GateTest | None, bool]:
    one, other = candidate.sort("query_id"), incumbent.sort("query_id")
    if not one["query_id"].equals(other["query_id"]):
        raise EvaluationError(
            f"The new encoder was measured on other {settings.split} queries ({one.height}) than "
            f"the one that it is measured against ({other.height}): use the same judgements."
        )
    if one.is_empty():
        return None, False
    values_Q, base_Q = one["value"].to_numpy(), other["value"].to_numpy()
    generator = np.random.default_rng(derive_seed(seed, "gate", settings.split))
    found = noninferiority_test(
        values_Q - base_Q, settings.margin, settings.alpha, permutations, generator
    )
    return _as_json(paired_difference(values_Q[None], base_Q[None]), found), found.passed


def _as_json(pair: PairedDifference, found: NonInferiority) -> GateTest:
    return GateTest(
        queries=pair.queries,
        candidate_mean=pair.system_mean,
        incumbent_mean=pair.baseline_mean,
        difference=pair.difference,
        lower_bound=found.lower_bound,
        p_value=found.p_value,
        exact=found.exact,
        wins=pair.wins,
        losses=pair.losses,
    )


def _unread(incumbent: Incumbent) -> str:
    why = "cannot be opened" if incumbent.standing == "unloadable" else "could not be read"
    return f"version {incumbent.version}, the champion, {why}"


def _verdict(
    candidate: str,
    incumbent: Incumbent,
    settings: PromotionSettings,
    test: GateTest | None,
    *,
    passed: bool,
) -> tuple[bool, str]:
    if incumbent.champion == incumbent.candidate:
        return True, f"{candidate} is the encoder of the champion, version {incumbent.version}"
    if incumbent.unread:
        return False, (
            f"{_unread(incumbent)}, so that nobody knows what would be lost: once it can be, "
            "decide again"
        )
    if test is None:
        return False, f"no {settings.split} query is judged, so that nothing could be measured"
    other = incumbent_name(incumbent)
    if test.lower_bound is None:
        return False, (
            f"{test.queries} {settings.split} queries are too few to test anything at a level of "
            f"{settings.alpha:g}"
        )
    told = (
        f"{candidate} is not worse than {other} by {settings.margin:g} {settings.measure} or more"
    )
    return (True, told) if passed else (False, f"it is not shown that {told}")
