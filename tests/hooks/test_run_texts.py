"""What a run is called, and what stands above it, in MLflow's pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset

from trisampler.hooks.run_texts import (
    command,
    description,
    gate_command,
    outdated_champion,
    run_name,
)

TABLE = "| sampler | nDCG@10 |\n| --- | ---: |\n| tri | 0.5 |"
GATE = "promotion gate\n--------------\nverdict  promoted\n"


def described(contents: dict[str, Any]) -> str:
    catalog = DataCatalog({name: MemoryDataset(content) for name, content in contents.items()})
    return description(list(contents), catalog)


@pytest.mark.parametrize(
    ("pipelines", "start", "typed"),
    [
        (None, "run of mine, ", "kedro run --env smoke"),
        (["comparison"], "comparison of mine, ", "kedro run --env smoke --pipelines comparison"),
        (["a", "b"], "a and b of mine, ", "kedro run --env smoke --pipelines a,b"),
    ],
)
def test_a_run_is_called_by_what_was_run_on_what(
    pipelines: list[str] | None, start: str, typed: str
) -> None:
    told = {"run_id": "now", "env": "smoke", "pipeline_names": pipelines}
    name = run_name({"workspace": "mine"}, told)
    assert re.fullmatch(re.escape(start) + r"\d{4}-\d\d-\d\d \d\d:\d\d", name)
    assert command(told) == typed


def test_the_gate_is_asked_again_where_the_run_was_and_by_its_parameters() -> None:
    told = {"env": "r3", "pipeline_names": ["refresh"], "runtime_params": {}}
    assert gate_command(told) == "kedro run --env r3 --pipelines promotion --force"
    given = {"workspace": "f3", "promotion": {"margin": 0.2}, "source": {"path": "/a b"}}
    assert gate_command({"runtime_params": given}) == (
        "kedro run --pipelines promotion --force "
        """--params 'workspace=f3,promotion.margin=0.2,source.path="/a b"'"""
    )


def test_a_champion_that_keeps_its_documents_is_told_of_with_the_way_out() -> None:
    told = {"version": 3, "outdated": {"version": 1, "documents": 1350}}
    (line,) = outdated_champion(told, "f3", {"env": "r3"})
    assert line.startswith("version 1, the champion, keeps its 1,350 documents")
    assert "`trisampler promote 3 --workspace f3 --env r3`" in line
    assert outdated_champion({"version": 3, "outdated": None}, "f3", {}) == []
    assert outdated_champion({"version": 3}, "f3", {}) == []


def test_markdown_stands_as_it_is_and_plain_text_keeps_its_columns() -> None:
    text = described({"promotion_table": GATE, "comparison_summary": TABLE})
    assert text == f"{TABLE}\n\n```\n{GATE.strip()}\n```"
    assert described({}) == ""


def test_a_long_text_is_cut_between_lines_with_no_fence_left_open() -> None:
    lines = [f"line {number} of many" for number in range(2000)]
    text = described({"summary": "\n".join(lines)})
    assert len(text) < 6000
    assert text.count("```") == 2
    assert text.endswith("(There is more in the artifacts, under reporting.)")
    kept = text.split("```")[1].strip().splitlines()
    assert kept == lines[: len(kept)]
