"""Who passes the gate, who does not, and what is said of it."""

from __future__ import annotations

import json

import polars as pl
import pytest

from registry.conftest import QUERIES, values
from trisampler.evaluation.errors import EvaluationError
from trisampler.registry.champion import Incumbent, Standing
from trisampler.registry.gate import Decision, decide, decision_rows, decision_text
from trisampler.registry.settings import PromotionSettings


def incumbent(standing: Standing = "champion", candidate: str = "new") -> Incumbent:
    there_is_one = standing in ("champion", "unloadable")
    return Incumbent(
        standing=standing,
        version=3 if there_is_one else None,
        champion="old" if there_is_one else None,
        candidate=candidate,
        trouble="OSError: gone" if standing == "unloadable" else "",
    )


def decided(
    new: pl.DataFrame, old: pl.DataFrame, against: Incumbent | None = None, **settings: float
) -> Decision:
    chosen = PromotionSettings.model_validate(settings)
    return decide("encoder_2", new, against or incumbent(), old, chosen, 1000, seed=1)


def test_a_better_encoder_is_promoted() -> None:
    decision = decided(values(0.6), values(0.5))
    assert decision.promoted
    assert decision.reason == (
        "encoder_2 is not worse than version 3, the champion by 0.01 nDCG@10 or more"
    )
    assert decision.test is not None
    assert decision.test.difference == pytest.approx(0.075)
    assert (decision.test.wins, decision.test.losses, decision.test.queries) == (30, 0, QUERIES)


def test_a_worse_encoder_is_refused() -> None:
    decision = decided(values(0.5), values(0.6))
    assert not decision.promoted
    assert "it is not shown" in decision.reason


def test_one_that_nobody_can_tell_from_worse_is_refused() -> None:
    decision = decided(values(0.6).head(4), values(0.5).head(4))
    assert not decision.promoted
    assert "4 dev queries are too few" in decision.reason


def test_an_equal_encoder_passes_a_margin_and_not_without_one() -> None:
    assert decided(values(0.5), values(0.5)).promoted
    assert not decided(values(0.5), values(0.5), margin=0.0).promoted


def test_without_a_champion_encoder_0_stands_in() -> None:
    decision = decided(values(0.6), values(0.5), incumbent("none"))
    assert decision.promoted
    assert "encoder_0 (no champion yet)" in decision.reason
    assert not decided(values(0.4), values(0.5), incumbent("none")).promoted


def test_a_champion_that_cannot_be_opened_keeps_its_place() -> None:
    decision = decided(values(0.9), values(0.1), incumbent("unloadable"))
    assert not decision.promoted
    assert "version 3, the champion, cannot be opened" in decision.reason
    assert "OSError: gone" in decision_text(decision)


def test_a_champion_that_could_not_be_read_keeps_its_place() -> None:
    late = incumbent("unknown").model_copy(update={"version": 3})
    decision = decided(values(0.9), values(0.1), late)
    assert not decision.promoted
    assert "encoder_0 (version 3, the champion, could not be read)" in decision_text(decision)
    assert "once it can be, decide again" in decision.reason


def test_where_nobody_says_who_is_champion_encoder_0_stands_in() -> None:
    decision = decided(values(0.6), values(0.5), incumbent("unknown"))
    assert decision.promoted
    assert "encoder_0 (MLflow has not said who is champion)" in decision.reason


def test_the_champions_own_encoder_needs_no_test() -> None:
    decision = decided(values(0.5), values(0.5), incumbent(candidate="old"), margin=0.0)
    assert decision.promoted
    assert "is the encoder of the champion" in decision.reason


def test_without_judged_queries_nothing_is_promoted() -> None:
    none = values(0.5).clear()
    decision = decided(none, none)
    assert not decision.promoted
    assert decision.test is None
    assert "no dev query is judged" in decision.reason
    assert "verdict" in decision_text(decision)


def test_other_queries_are_an_error() -> None:
    with pytest.raises(EvaluationError, match="other dev queries"):
        decided(values(0.5), values(0.5).head(10))


def test_the_order_of_rows_changes_nothing() -> None:
    shuffled = values(0.6).sample(fraction=1, shuffle=True, seed=3)
    assert decided(shuffled, values(0.5)) == decided(values(0.6), values(0.5))


def test_json_holds_all_of_a_decision() -> None:
    decision = decided(values(0.6), values(0.5))
    text = json.dumps(decision.model_dump(mode="json"), allow_nan=False)
    assert Decision.model_validate(json.loads(text)) == decision


def test_p_stands_on_the_side_of_the_level_that_it_is_on() -> None:
    decision = decided(values(0.6), values(0.5))
    assert decision.test is not None
    for p_value, shown in ((0.0496, ".0496"), (0.0504, ".050")):
        test = decision.test.model_copy(update={"p_value": p_value})
        rows = dict(decision_rows(decision.model_copy(update={"test": test})))
        assert rows["p of being worse by the margin"] == shown


def test_the_table_has_what_decides() -> None:
    rows = dict(decision_rows(decided(values(0.6), values(0.5))))
    assert rows["verdict"] == "promoted"
    assert rows["must be above"] == "-0.0100"
    assert float(rows["is above, with 95% confidence"]) > 0
    assert rows["queries won : lost"] == "30 : 0"
