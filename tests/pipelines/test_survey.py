"""The survey draws from whatever pools the parameters name."""

from __future__ import annotations

import pytest

from negatives.world import clustered
from trisampler.negatives.settings import Pool, SamplingSettings, SurveySettings
from trisampler.pipelines.survey.nodes import survey_samplers
from trisampler.search.candidates import mark_positives


@pytest.mark.parametrize("pools", [("encoder", "neighbours"), ("given", "encoder")])
def test_the_parameters_own_sampler_draws_from_mixed_pools(pools: tuple[Pool, ...]) -> None:
    world = clustered(queries=25, documents=120)
    table, _ = survey_samplers(
        mark_positives(world.candidates, world.judgements),
        world.lexical,
        world.neighbours,
        world.lexical.drop("score"),
        world.teacher.clear(),
        world.queries,
        world.corpus,
        world.corpus_table,
        world.judgements,
        world.judgements.clear(),
        SamplingSettings(sampler="top-k", pools=pools),
        SurveySettings(samplers=("top-k", "bm25")),
        alpha=0.05,
        seed=1,
    )
    assert table["sampler"].to_list() == ["top-k", "bm25"]
    assert (table["negatives"] > 0).all()
