"""The audit of the negatives as a table: a figure in words, then its value in each round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trisampler.evaluation.flatten import look_up
from trisampler.evaluation.markdown import NONE

Row = tuple[str, list[str]]
_Tell = Callable[[Mapping[str, Any]], str]


def audit_rows(audit: Mapping[str, Any]) -> list[Row]:
    """What there is to say of the rounds; what no round has is left out.

    Args:
        audit: of `trisampler.negatives.audit.audit_rounds`.
    """
    tellers: dict[str, _Tell] = {
        "sampler": lambda told: told["sampler"],
        "(query, positive) pairs": lambda told: f"{told['pairs']:,}",
        "negatives": lambda told: f"{told['negatives']:,}",
        "negatives that hidden judgements call relevant": _false("rate"),
        "the same, were they drawn uniformly from the candidates": _false("base_rate"),
        "difference": _false("rate_minus_base_rate"),
        **{f"relevant of those from: {source}": _by_source(source) for source in _sources(audit)},
        "pairs with such a negative": _pairs_concerned,
        "negatives that the former round had": _percent("overlap_with_former_round"),
        "candidates nearer to the positive than to the query (r > 0)": _percent(
            "share_leaning_to_positive"
        ),
        "negatives nearer to the positive than to the query": _percent(
            "drawn_share_leaning_to_positive"
        ),
        "candidates harder than the positive": _percent("share_harder_than_positive"),
        "negatives harder than the positive": _percent("drawn_share_harder_than_positive"),
        "effective sample size of g, median (quartiles)": _quartiles("effective_sample_size.g"),
        "effective sample size of g·r, median (quartiles)": _quartiles("effective_sample_size.g_r"),
        "M kept by the first stage, median (quartiles)": _quartiles("kept_by_first_stage"),
        "pairs with the least and with the most M": _bounds,
        "entropy of the first draw, in nats": _number("entropy"),
        "candidates behind the guard": _percent("share_of_candidates_guarded"),
        "negatives filled up for want of weight": _percent("share_filled_without_weight"),
        "pairs that fell back to random documents": _number("shortfalls.fallback_pairs"),
        "pairs without negatives": _number("shortfalls.empty_pairs"),
    }
    rows = [(words, [tell(told) for told in audit["rounds"]]) for words, tell in tellers.items()]
    return [(words, cells) for words, cells in rows if set(cells) != {NONE}]


def _percent(key: str) -> _Tell:
    return lambda told: _share(look_up(told, key))


def _number(key: str) -> _Tell:
    def tell(told: Mapping[str, Any]) -> str:
        value = look_up(told, key)
        if value is None:
            return NONE
        return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"

    return tell


def _quartiles(key: str) -> _Tell:
    def tell(told: Mapping[str, Any]) -> str:
        found = look_up(told, key)
        if found is None:
            return NONE
        return f"{found['median']:.1f} ({found['lower']:.1f} to {found['upper']:.1f})"

    return tell


def _false(name: str) -> _Tell:
    def tell(told: Mapping[str, Any]) -> str:
        found = look_up(told, f"false_negatives.{name}")
        if found is None:
            return NONE
        return f"{_share(found['value'])} ({_share(found['low'])} to {_share(found['high'])})"

    return tell


def _by_source(source: str) -> _Tell:
    def tell(told: Mapping[str, Any]) -> str:
        found = look_up(told, f"false_negatives.by_source.{source}")
        return NONE if found is None else f"{_share(found['rate'])} of {found['negatives']:,}"

    return tell


def _sources(audit: Mapping[str, Any]) -> list[str]:
    """The sources of all rounds, where they are more than one."""
    counted = [told["false_negatives"] or {"by_source": {}} for told in audit["rounds"]]
    sources = sorted({source for each in counted for source in each["by_source"]})
    return sources if len(sources) > 1 else []


def _pairs_concerned(told: Mapping[str, Any]) -> str:
    return _share(look_up(told, "false_negatives.share_of_pairs"))


def _bounds(told: Mapping[str, Any]) -> str:
    kept = told["kept_by_first_stage"]
    if kept is None:
        return NONE
    least, most = kept["bounds"]
    return f"{_share(kept['share_at_least'])} at {least}, {_share(kept['share_at_most'])} at {most}"


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"
