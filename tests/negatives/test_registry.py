"""Samplers by name, and what the settings refuse before anything is read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from trisampler.negatives import SAMPLERS, NegativesError, SamplingSettings, build_sampler
from trisampler.negatives.sampler import EffectiveSize, Sampler, Stage, uniform

ELSEWHERE = "elsewhere"


def nothing():
    """A user's own function that forgets to return what it made."""


def needy(width):
    return Sampler("own", "encoder", (Stage(uniform),), f"{width}", "")


def from_the_web():
    return Sampler("own", "web", (Stage(uniform),), "", "")


def without_stage():
    return Sampler("own", "encoder", (), "", "")


def keeping_last():
    return Sampler("own", "encoder", (Stage(uniform, keep=EffectiveSize()),), "", "")


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_declared_with_name_formula_and_source(name):
    sampler = build_sampler(name)
    assert sampler.name == name
    assert sampler.formula
    assert sampler.source
    assert SamplingSettings(sampler=name).sampler == name


def test_the_samplers_of_the_method_are_all_there():
    assert set(SAMPLERS) >= {
        "random",
        "in-batch",
        "bm25",
        "top-k",
        "simans",
        "simans-laplace",
        "perc-pos",
        "margin-pos",
        "margin-bins",
        "tri",
        "tri-product",
        "tri-t1",
    }


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("trisampler", {}, "no sampler is called 'trisampler'.*tri-product"),
        ("tri", {"sigmma": 1.0}, "'tri' has no parameter 'sigmma'.*sigma, multiple"),
        ("random", {"k": 1.0}, "it has none"),
        ("no.such.module:thing", {}, "cannot be imported .*'no'.*put it into src/.*PYTHONPATH"),
        ("trisampler.errors:thing", {}, "cannot be imported"),
        (":thing", {}, "cannot be imported .ValueError"),
        (f"{__name__}:ELSEWHERE", {}, "is no function that returns a Sampler, but 'elsewhere'"),
        (f"{__name__}:nothing", {}, "has to return a Sampler, and returned None"),
        (f"{__name__}:needy", {}, "cannot be made .TypeError: .*width"),
        (f"{__name__}:from_the_web", {}, "there is no pool 'web'; there are encoder, lex"),
        (f"{__name__}:without_stage", {}, "from the pool 'encoder' by no stage"),
        (f"{__name__}:keeping_last", {}, "its last stage has `keep`"),
        ("tri", {"sigma": 0.0}, "sampler 'tri': sigma is 0"),
        ("tri-product", {"sigma": -1.0}, "sigma is -1"),
        ("tri-t1", {"sigma": 1e-200}, "sigma is 1e-200"),
        ("tri", {"multiple": 0.5}, "multiple is 0.5: .* has to be 1 or more"),
        ("simans", {"a": 0.0}, "sampler 'simans': a is 0, and has to be above 0"),
        ("simans-laplace", {"a": -1.0}, "a is -1"),
        ("perc-pos", {"share": 0.0}, "share is 0, and has to be above 0 and at most 1"),
        ("perc-pos-uniform", {"share": 1.05}, "share is 1.05"),
        ("margin-pos", {"margin": -0.05}, "margin is -0.05, and has to be 0 or more"),
        ("margin-pos-uniform", {"margin": -1.0}, "margin is -1"),
        ("tri-t1", {"degrees": 0.0}, "degrees is 0, and has to be above 0 and at most 180"),
        ("tri-t2", {"degrees": 270.0}, "degrees is 270"),
        ("margin-bins", {"bins": 0.5}, "bins is 0.5, and has to be a whole number"),
    ],
)
def test_unknown_names_say_what_there_is(name, parameters, message):
    with pytest.raises(NegativesError, match=message):
        build_sampler(name, parameters)
    with pytest.raises(ValidationError, match=message):
        SamplingSettings(sampler=name, parameters=parameters)


@pytest.mark.parametrize("unbounded", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("simans", "a"),
        ("simans", "b"),
        ("simans-laplace", "a"),
        ("perc-pos", "share"),
        ("margin-pos", "margin"),
        ("tri-t1", "degrees"),
        ("tri", "multiple"),
        ("margin-bins", "bins"),
    ],
)
def test_a_parameter_is_a_number(name, parameter, unbounded):
    with pytest.raises(NegativesError, match=f"{parameter} is "):
        build_sampler(name, {parameter: unbounded})


@pytest.mark.parametrize(
    "wrong",
    [
        {"negatives": 0},
        {"temperature": 0.0},
        {"guard": 1.0},
        {"guard": -0.1},
        {"pools": ["web"]},
        {"negativs": 3},
        {"document_scores": "euclid"},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        SamplingSettings(**wrong)


@pytest.mark.parametrize("pools", [("encoder",), ("corpus", "given")])
def test_random_is_refused_a_pool_whose_order_is_not_random(pools):
    with pytest.raises(ValidationError, match=r"pools names (encoder|given).*choose top-k"):
        SamplingSettings(sampler="random", pools=pools)
    for allowed in ({}, {"pools": ("corpus",)}):
        assert SamplingSettings(sampler="random", **allowed).build_sampler().takes_corpus_in_order


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, trisampler.negatives.mining, trisampler.negatives.array_mining\n"
        "heavy = {'torch', 'faiss', 'transformers', 'mlflow', 'kedro', 'matplotlib', 'bm25s'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
