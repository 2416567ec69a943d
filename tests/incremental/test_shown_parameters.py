"""What shows all parameters is not run beside what was made by others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from trisampler.datasets.files import WholeJSON
from trisampler.incremental.plan import ChangedInputError
from trisampler.incremental.runner import IncrementalRunner
from trisampler.incremental.shown_parameters import check_shown_parameters


def train(steps: int) -> int:
    return steps


def measure(encoder: int, depth: int) -> int:
    return encoder * depth


def show(measurements: int, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"measured": measurements, **parameters}


WHOLE = Pipeline(
    [
        Node(train, "params:steps", "encoder", name="train"),
        Node(measure, ["encoder", "params:depth"], "measurements", name="measure"),
        Node(show, ["measurements", "parameters"], "card", name="show"),
    ]
)
NODES = {node.name: node for node in WHOLE.nodes}


def catalog(folder: Path, **parameters: int) -> DataCatalog:
    names = ("encoder", "measurements", "card")
    return DataCatalog(
        {name: WholeJSON(filepath=str(folder / f"{name}.json")) for name in names}
        | {f"params:{name}": MemoryDataset(value) for name, value in parameters.items()}
        | {"parameters": MemoryDataset(parameters)}
    )


@pytest.fixture
def made(tmp_path: Path) -> Path:
    IncrementalRunner().run(WHOLE, catalog(tmp_path, steps=3, depth=2))
    return tmp_path


def check(made: Path, *nodes: str, **parameters: int) -> None:
    check_shown_parameters(WHOLE.filter(node_names=nodes), NODES, catalog(made, **parameters))


def test_the_parameters_by_which_it_was_made_are_shown(made: Path) -> None:
    check(made, "show", steps=3, depth=2)


def test_others_are_refused_and_named_with_what_was_made_by_them(made: Path) -> None:
    with pytest.raises(ChangedInputError, match=r"show: .* others: depth \(measurements\); steps"):
        check(made, "show", steps=4, depth=3)
    with pytest.raises(ChangedInputError, match=r"others: steps \(encoder\)\. Give it the --env"):
        check(made, "measure", "show", steps=4, depth=3)


def test_what_the_run_makes_itself_may_be_of_others(made: Path) -> None:
    check(made, "measure", "show", steps=3, depth=3)
    check(made, "train", "measure", "show", steps=4, depth=3)
    check(made, "measure", steps=4, depth=3)


def test_what_was_made_anew_since_is_not_what_it_was_made_from(made: Path) -> None:
    IncrementalRunner().run(WHOLE.filter(node_names=["train"]), catalog(made, steps=4, depth=2))
    check(made, "show", steps=3, depth=2)


def test_before_anything_is_made_there_is_nothing_to_refuse(tmp_path: Path) -> None:
    check(tmp_path, "show", steps=3, depth=2)
