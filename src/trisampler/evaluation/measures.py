"""Measures per query, by ir_measures with trec_eval's conventions.

Every judged query counts. As with trec_eval's option -c, a query without results has the value 0; a
query whose judgements hold no relevant document stays in the mean, with the value 0 in every
measure of relevance (trec_eval takes 0/0 as 0). Queries that nobody judged are left out. nDCG uses
the relevance itself as gain, not 2^relevance - 1.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from trisampler.evaluation.runs import strictly_decreasing

if TYPE_CHECKING:
    from ir_measures import Measure

MEASURED_SCHEMA = pl.Schema({"query_id": pl.String, "measure": pl.String, "value": pl.Float64})
# The first that has the measure computes it. All agree, because rankings have no ties.
_PROVIDERS = ("pytrec_eval", "judged", "msmarco")
# Of so many, results and judgements are held as Python objects, which take more than tables do.
_QUERIES_AT_ONCE = 1000
_NOTATION = re.compile(r"(?P<name>\w+)(\((?P<parameters>[^()]*)\))?(@(?P<at>\d+(\.\d+)?))?")


def parse_measure(text: str) -> Measure:
    """The measure that `text` names: `nDCG@10`, `AP`, `P(rel=2)@5`, `IPrec@0.1`.

    Raises:
        ValueError: The notation is broken, a number is missing or impossible, or no provider here
            computes such a measure.
    """
    import ir_measures
    from ir_measures.measures import registry

    match = _NOTATION.fullmatch(text.strip())
    kind = registry.get(match["name"]) if match else None
    if match is None or kind is None:
        raise ValueError(
            f"{text!r} names no measure of ir_measures; write for example nDCG@10, RR@10, AP, R@100"
        )
    parameters = _parse_parameters(text, match["parameters"] or "")
    if at := match["at"]:
        parameters[kind.AT_PARAM] = float(at) if "." in at else int(at)
    _check_numbers(text, kind, parameters)
    try:
        measure = kind(**parameters)
        supported = any(
            ir_measures.providers.registry[name].supports(measure) for name in _PROVIDERS
        )
    except AssertionError as error:
        raise ValueError(f"{text!r}: {error}") from None
    if not supported:
        raise ValueError(f"{text!r} is computed by none of {', '.join(_PROVIDERS)}")
    return measure


def measure_run(
    run: pl.DataFrame, judgements: pl.DataFrame, measures: Sequence[str]
) -> pl.DataFrame:
    """The value of every measure for every judged query.

    Args:
        run: query_id, doc_id, score; ranked as `strictly_decreasing` says.
        judgements: query_id, doc_id, relevance (integers from 0).
        measures: In the notation of ir_measures; the table names them as given here.

    Returns:
        query_id, measure, value (Float64), by query_id, then in the order of `measures`.

    Raises:
        ValueError: A measure that `parse_measure` refuses.
        RunFileError: The run is no ranking.
    """
    parsed = {name: parse_measure(name) for name in measures}
    ranked = strictly_decreasing(run)
    judged = judgements.sort("query_id", maintain_order=True)
    query_ids = judged["query_id"].unique(maintain_order=True)
    blocks = [
        _measure_block(query_ids.slice(start, _QUERIES_AT_ONCE), ranked, judged, parsed)
        for start in range(0, len(query_ids), _QUERIES_AT_ONCE)
    ]
    return pl.concat([MEASURED_SCHEMA.to_frame(), *blocks])


def _measure_block(
    query_ids: pl.Series, ranked: pl.DataFrame, judged: pl.DataFrame, parsed: Mapping[str, Measure]
) -> pl.DataFrame:
    """As `measure_run`, for neighbouring queries of tables that are sorted by query."""
    from ir_measures import providers

    chosen = [providers.registry[name] for name in _PROVIDERS]
    evaluator = providers.FallbackProvider(chosen).evaluator(
        list(parsed.values()), _nested(_between(judged, query_ids), "relevance")
    )
    values = {
        (metric.query_id, str(metric.measure)): float(metric.value)
        for metric in evaluator.iter_calc(_nested(_between(ranked, query_ids), "score"))
    }
    rows = [
        (query_id, name, values[query_id, str(measure)])
        for query_id in query_ids
        for name, measure in parsed.items()
    ]
    return pl.DataFrame(rows, schema=MEASURED_SCHEMA, orient="row")


def _between(table: pl.DataFrame, query_ids: pl.Series) -> pl.DataFrame:
    """The rows from the first of the queries to the last, of a table sorted by query."""
    start = table["query_id"].search_sorted(query_ids[0], side="left")
    end = table["query_id"].search_sorted(query_ids[-1], side="right")
    return table.slice(start, end - start)


def _parse_parameters(text: str, parameters: str) -> dict[str, object]:
    parsed: dict[str, object] = {}
    for assignment in filter(None, parameters.split(",")):
        name, _, value = assignment.partition("=")
        try:
            parsed[name.strip()] = ast.literal_eval(value.strip())
        except (SyntaxError, ValueError):
            raise ValueError(
                f"{text!r}: a parameter of a measure looks like rel=2, found {assignment!r}"
            ) from None
    return parsed


def _check_numbers(text: str, kind: type[Measure], parameters: Mapping[str, object]) -> None:
    """Refuse what providers stumble over, one of them with the whole process."""
    at = kind.SUPPORTED_PARAMS.get(kind.AT_PARAM)
    if at is not None and at.required and kind.AT_PARAM not in parameters:
        what, example = ("recall", 0.1) if kind.AT_PARAM == "recall" else ("cut-off", 100)
        raise ValueError(f"{text!r} needs a {what}, such as {text.strip()}@{example}")
    for name, what in (("cutoff", "a cut-off"), ("rel", "rel")):
        value = parameters.get(name, 1)
        if type(value) is not int or value < 1:
            raise ValueError(f"{text!r}: {what} is a whole number from 1, found {value!r}")
    recall = parameters.get("recall", 0.0)
    if not isinstance(recall, float) or not 0 <= recall <= 1:
        raise ValueError(f"{text!r}: a recall lies between 0.0 and 1.0, found {recall!r}")


def _nested(table: pl.DataFrame, value: str) -> dict[str, dict[str, float]]:
    """{query_id: {doc_id: value}}, the form of pytrec_eval."""
    nested: dict[str, dict[str, float]] = {}
    columns = (table["query_id"], table["doc_id"], table[value])
    for query_id, doc_id, number in zip(*columns, strict=True):
        nested.setdefault(query_id, {})[doc_id] = number
    return nested
