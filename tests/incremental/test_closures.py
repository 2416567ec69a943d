"""What of a closure becomes part of an input key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from trisampler.cells import Cell
from trisampler.incremental.closures import closed_over
from trisampler.variants import Variant


def made_for(value: Any) -> Callable[[], Any]:
    return lambda: value


def test_a_variant_s_differences_count_each() -> None:
    variants = [
        Variant(sampler="tri"),
        Variant(sampler="tri", parameters={"sigma": 2.0}),
        Variant(sampler="tri", sampling={"guard": 0.0, "pools": ["encoder", "corpus"]}),
        Variant(sampler="tri", training={"frozen_documents": True}),
        Variant(sampler="tri", rounds=2),
    ]
    told = [
        json.dumps(closed_over(made_for(Cell("own", variant, 1))), sort_keys=True)
        for variant in variants
    ]
    assert len(set(told)) == len(variants)
    again = Cell("own", Variant.model_validate(variants[2].model_dump()), 1)
    assert json.dumps(closed_over(made_for(again)), sort_keys=True) == told[2]


def test_dictionaries_are_told_with_what_is_in_them() -> None:
    lines = {"sigma": {"tri": 1.4, "wide": 2.8}}
    assert closed_over(made_for(lines)) == {"value": lines}
    with pytest.raises(TypeError, match="close it over numbers, strings, dictionaries"):
        closed_over(made_for({"sigma": object()}))
