"""Samplers by name, with their parameters checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from trisampler.negatives.errors import NegativesError
from trisampler.negatives.sampler import Sampler
from trisampler.negatives.samplers.bm25 import bm25
from trisampler.negatives.samplers.in_batch import in_batch
from trisampler.negatives.samplers.margin_bins import margin_bins
from trisampler.negatives.samplers.margin_pos import margin_pos, margin_pos_uniform
from trisampler.negatives.samplers.perc_pos import perc_pos, perc_pos_uniform
from trisampler.negatives.samplers.random import random
from trisampler.negatives.samplers.simans import simans, simans_laplace
from trisampler.negatives.samplers.top_k import top_k
from trisampler.negatives.samplers.tri import tri, tri_product, tri_t1, tri_t2
from trisampler.own_modules import import_current

SAMPLERS: dict[str, Callable[..., Sampler]] = {
    "random": random,
    "in-batch": in_batch,
    "bm25": bm25,
    "top-k": top_k,
    "simans": simans,
    "simans-laplace": simans_laplace,
    "perc-pos": perc_pos,
    "perc-pos-uniform": perc_pos_uniform,
    "margin-pos": margin_pos,
    "margin-pos-uniform": margin_pos_uniform,
    "margin-bins": margin_bins,
    "tri": tri,
    "tri-product": tri_product,
    "tri-t1": tri_t1,
    "tri-t2": tri_t2,
}


def build_sampler(name: str, parameters: Mapping[str, float] | None = None) -> Sampler:
    """The sampler of that name with these parameters, the rest at their defaults.

    Args:
        name: one of `SAMPLERS`, or `module:function` of your own: a function of floats that
            returns a `Sampler`.
        parameters: keyword arguments of the sampler's function.

    Raises:
        NegativesError: an unknown sampler or parameter, a parameter out of range, or a function of
            your own that fails or returns no `Sampler`.
    """
    factory: Callable[..., object] | None = (
        _own_factory(name) if ":" in name else SAMPLERS.get(name)
    )
    if factory is None:
        raise NegativesError(
            f"no sampler is called {name!r}; there are {', '.join(SAMPLERS)}, and your own as "
            "'module:function'"
        )
    known = list(inspect.signature(factory).parameters)
    unknown = sorted(set(parameters or {}) - set(known))
    if unknown:
        raise NegativesError(
            f"sampler {name!r} has no parameter {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(known) or 'none'}"
        )
    return _made(factory, name, parameters or {})


def _made(factory: Callable[..., object], name: str, parameters: Mapping[str, float]) -> Sampler:
    try:
        sampler = factory(**parameters)
    except NegativesError as error:
        raise NegativesError(f"sampler {name!r}: {error}") from error
    except Exception as error:  # a user's own function may raise anything
        raise NegativesError(
            f"sampler {name!r} cannot be made ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(sampler, Sampler):
        raise NegativesError(
            f"sampler {name!r}: the function has to return a Sampler, and returned {sampler!r}"
        )
    return sampler


def _own_factory(name: str) -> Callable[..., object]:
    module_name, _, function_name = name.partition(":")
    try:
        factory: object = getattr(import_current(module_name), function_name)
    except ModuleNotFoundError as error:
        remedy = ""
        if error.name and f"{module_name}.".startswith(f"{error.name}."):
            remedy = (
                ": put it into src/ of the project, or name the folder that it lies in as "
                "PYTHONPATH; the working folder is not looked in"
            )
        raise NegativesError(f"sampler {name!r} cannot be imported ({error}){remedy}") from error
    except Exception as error:  # a user's own module may raise anything
        raise NegativesError(
            f"sampler {name!r} cannot be imported ({type(error).__name__}: {error})"
        ) from error
    if not callable(factory):
        raise NegativesError(
            f"sampler {name!r} is no function that returns a Sampler, but {factory!r}"
        )
    return factory
