"""Nodes that set a new encoder against the champion and register what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from trisampler.encoders.encoder import Encoder
from trisampler.registry.settings import PromotionSettings

if TYPE_CHECKING:
    from trisampler.registry.champion import Champion
    from trisampler.registry.registration import Release
    from trisampler.release.bundle import Bundle
else:
    Bundle, Champion, Release = Any, Any, Any


def find_incumbent(
    champion: Champion, stand_in: Encoder, candidate: Encoder
) -> tuple[Encoder, dict[str, Any]]:
    """The encoder that the new one is measured against, and whose it is."""
    from trisampler.registry.champion import find_incumbent as find

    return find(champion, stand_in, candidate)


def choose_gate_queries(
    queries: pl.DataFrame,
    dev_judgements: pl.DataFrame,
    test_judgements: pl.DataFrame,
    split: str,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Queries and judgements of the gate's split."""
    judgements = {"dev": dev_judgements, "test": test_judgements}[split]
    return queries.join(judgements, on="query_id", how="semi"), judgements


def measure_at_gate(
    run: pl.DataFrame, judgements: pl.DataFrame, passages: pl.DataFrame, measure: str
) -> pl.DataFrame:
    """The gate's measure of every query: query_id, measure, value.

    Passages are folded back to their documents.
    """
    from trisampler.evaluation.folding import measure_folded

    return measure_folded(run, judgements, passages, (measure,))


def gate_keeper(candidate: str) -> Callable[..., tuple[dict[str, Any], str]]:
    """The node function; `candidate` is the new encoder's name."""

    def decide(
        candidate_measurements: pl.DataFrame,
        incumbent_measurements: pl.DataFrame,
        incumbent: dict[str, Any],
        promotion: PromotionSettings,
        permutations: int,
        seed: int,
    ) -> tuple[dict[str, Any], str]:
        """Whether the new encoder may become champion, and the same as a table."""
        from trisampler.registry.champion import Incumbent
        from trisampler.registry.gate import decide as by_test
        from trisampler.registry.gate import decision_text

        decision = by_test(
            candidate,
            candidate_measurements,
            Incumbent.model_validate(incumbent),
            incumbent_measurements,
            promotion,
            permutations,
            seed,
        )
        return decision.model_dump(mode="json"), decision_text(decision)

    return decide


def release_bundle(bundle: Bundle, promotion: dict[str, Any]) -> Release:
    """The bundle with what the gate says of its encoder, to be registered."""
    from trisampler.registry.champion import encoder_identity
    from trisampler.registry.gate import Decision
    from trisampler.registry.registration import Release

    return Release(
        bundle.folder, encoder_identity(bundle.encoder), Decision.model_validate(promotion)
    )
