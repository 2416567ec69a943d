"""What a run is called in MLflow's pages, and what stands at the top of its own."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trisampler.given_params import as_typed

if TYPE_CHECKING:
    from trisampler.incremental.keys import Catalog

_LENGTH = 5500  # characters: MLflow keeps a description as a tag
_CUT = "\n\n(There is more in the artifacts, under reporting.)"


def run_name(parameters: Mapping[str, Any], run_params: Mapping[str, Any]) -> str:
    """What was run, of which workspace, when: `comparison of mydata, 2026-11-24 10:21` (UTC).

    Args:
        parameters: The whole tree.
        run_params: Of Kedro's run.
    """
    what = " and ".join(run_params.get("pipeline_names") or ["run"])
    workspace = parameters.get("workspace")
    of = f" of {workspace}" if workspace else ""
    return f"{what}{of}, {datetime.now(UTC):%Y-%m-%d %H:%M}"


def command(run_params: Mapping[str, Any]) -> str:
    """The command of a run, without its parameters: those are told one by one."""
    words = ["kedro run"]
    if run_params.get("env"):
        words += ["--env", run_params["env"]]
    if run_params.get("pipeline_names"):
        words += ["--pipelines", ",".join(run_params["pipeline_names"])]
    return " ".join(words)


def gate_command(run_params: Mapping[str, Any]) -> str:
    """The command by which the gate decides again where this run was and as it was told to."""
    words = [command({**run_params, "pipeline_names": ["promotion"]}), "--force"]
    if run_params.get("runtime_params"):
        words += ["--params", shlex.quote(as_typed(run_params["runtime_params"]))]
    return " ".join(words)


def outdated_champion(
    told: Mapping[str, Any], workspace: str, run_params: Mapping[str, Any]
) -> list[str]:
    """That the champion keeps its documents, and what to do; nothing where it has this run's.

    Args:
        told: As `trisampler.registry.registration.register` returns it.
        workspace: Of the run.
        run_params: Of Kedro's run.
    """
    champion = told.get("outdated")
    if not champion:
        return []
    words = ["trisampler promote", str(told["version"]), "--workspace", workspace]
    if run_params.get("env"):
        words += ["--env", run_params["env"]]
    line = (
        f"version {champion['version']}, the champion, keeps its {champion['documents']:,} "
        f"documents, which are not those of version {told['version']}: `{' '.join(words)}` puts "
        "that in its place, whatever the gate said"
    )
    return [line]


def description(names: Collection[str], catalog: Catalog) -> str:
    """What a run ends with, as Markdown; empty for one that measured and released nothing.

    Args:
        names: Datasets that exist.
        catalog: Where they are.
    """
    text = "\n\n".join(_parts(names, catalog))
    if len(text) <= _LENGTH:
        return text
    kept = text[:_LENGTH].rpartition("\n")[0]
    fence = "\n```" if kept.count("```") % 2 else ""
    return kept + fence + _CUT


def _parts(names: Collection[str], catalog: Catalog) -> Iterator[str]:
    for name in ("comparison_summary", "survey_table"):
        if name in names:
            yield str(catalog.load(name)).strip()
    for name in ("summary", "promotion_table"):
        if name in names:
            yield f"```\n{str(catalog.load(name)).strip()}\n```"
