"""What runs again, and why: real artifacts on disk, a three-node pipeline."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel

from trisampler.datasets.files import WholeJSON
from trisampler.incremental.outside import reads_outside
from trisampler.incremental.parts import looks_at
from trisampler.incremental.plan import MissingInputError
from trisampler.incremental.records import read_record, record_path
from trisampler.incremental.runner import IncrementalRunner

calls: list[str] = []
workers_told: list[int] = []


def read(path: str) -> int:
    calls.append("read")
    return int(Path(path).read_text())


read_outside = reads_outside("path", lambda path: Path(path).read_text())(read)


class Where(BaseModel):
    """As the settings of a cluster are."""

    no_effect_on_results: ClassVar[bool] = True
    workers: int


def split(number: int, factor: int, where: Where) -> tuple[int, int]:
    calls.append("split")
    workers_told.append(where.workers)
    return number * factor, number + factor


def join(product: int, total: int) -> dict[str, int]:
    calls.append("join")
    return {"product": product, "total": total}


PIPELINE = Pipeline(
    [
        Node(read_outside, "params:path", "number", name="read"),
        Node(
            split, ["number", "params:factor", "params:where"], ["product", "total"], name="split"
        ),
        Node(join, ["product", "total"], "joined", name="join"),
    ]
)


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw.txt"
        self.raw.write_text("3")
        self.factor = 2
        self.workers = 1

    def run(self, pipeline: Pipeline = PIPELINE, **options: Any) -> list[str]:
        """Run and say which functions were called."""
        calls.clear()
        files = {
            name: WholeJSON(filepath=str(self.path(name)))
            for name in ("number", "product", "total", "joined")
        }
        parameters = {
            "params:path": MemoryDataset(str(self.raw)),
            "params:factor": MemoryDataset(self.factor),
            "params:where": MemoryDataset(Where(workers=self.workers)),
        }
        IncrementalRunner(**options).run(pipeline, DataCatalog({**files, **parameters}))
        return list(calls)

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def joined(self) -> Any:
        return json.loads(self.path("joined").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    assert made.run() == ["read", "split", "join"]
    assert made.joined() == {"product": 6, "total": 5}
    return made


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.run() == []


def test_force_runs_everything(project: Project) -> None:
    assert project.run(force=True) == ["read", "split", "join"]


def test_a_changed_parameter_keeps_what_does_not_depend_on_it(project: Project) -> None:
    project.factor = 5
    assert project.run() == ["split", "join"]
    assert project.joined() == {"product": 15, "total": 8}


def adder(amount: Any) -> Any:
    def add(number: int, looked: dict[str, int]) -> int:
        calls.append("add")
        return number + looked["used"] + (amount if isinstance(amount, int) else 0)

    return add


def added(amount: Any, *, used: int = 1, other: int = 1, part: bool = False) -> tuple[Node, Any]:
    function = adder(amount)
    if part:
        function = looks_at("looked", lambda tree: tree["used"])(function)
    node = Node(function, ["number", "params:looked"], "joined", name="add")
    return node, {"used": used, "other": other}


def run_added(project: Project, node: Node, looked: Any) -> list[str]:
    calls.clear()
    files = {name: WholeJSON(filepath=str(project.path(name))) for name in ("number", "joined")}
    parameters = {"params:looked": MemoryDataset(looked)}
    IncrementalRunner().run(Pipeline([node]), DataCatalog({**files, **parameters}))
    return list(calls)


def test_what_a_function_is_made_for_counts(project: Project) -> None:
    assert run_added(project, *added(1)) == ["add"]
    assert run_added(project, *added(1)) == []
    assert run_added(project, *added(2)) == ["add"]
    assert run_added(project, *added(adder(2))) == ["add"]
    assert run_added(project, *added(adder(2))) == []
    assert run_added(project, *added(adder(3))) == ["add"]


def test_a_function_made_for_what_no_key_can_hold_is_refused(project: Project) -> None:
    with pytest.raises(TypeError, match="cannot be part of an input key"):
        run_added(project, *added(object()))


def test_the_part_of_a_parameter_that_is_not_looked_at_does_not_count(project: Project) -> None:
    assert run_added(project, *added(1, part=True)) == ["add"]
    assert run_added(project, *added(1, part=True, other=5)) == []
    assert run_added(project, *added(1, part=True, used=5)) == ["add"]


def test_where_it_runs_makes_nothing_anew_but_counts_when_it_does(project: Project) -> None:
    project.workers = 3
    assert project.run() == []
    project.run(force=True)
    assert workers_told[-1] == 3


def test_changing_back_runs_again_because_only_the_last_artifact_is_kept(project: Project) -> None:
    project.factor = 5
    project.run()
    project.factor = 2
    assert project.run() == ["split", "join"]


def test_a_changed_raw_file_runs_everything(project: Project) -> None:
    project.raw.write_text("4")
    assert project.run() == ["read", "split", "join"]


@pytest.mark.parametrize("lost", ["product", "total"])
def test_one_of_two_missing_outputs_remakes_both_and_nothing_else(
    project: Project, lost: str
) -> None:
    project.path(lost).unlink()
    assert project.run() == ["split"]


def test_a_tampered_artifact_is_made_again(project: Project) -> None:
    project.path("joined").write_text('{"product": 666, "total": 5}')
    assert project.run() == ["join"]
    assert project.joined() == {"product": 6, "total": 5}


def test_a_touched_but_equal_artifact_is_kept(project: Project) -> None:
    os.utime(project.path("joined"), (1, 1))
    assert project.run() == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": 1}'])
def test_a_damaged_record_counts_as_none(project: Project, damage: str) -> None:
    record_path(project.path("joined")).write_text(damage)
    assert project.run() == ["join"]


def test_a_node_that_fails_leaves_its_output_not_up_to_date(project: Project) -> None:
    def fail(product: int, total: int) -> dict[str, int]:
        raise ValueError("no")

    broken = Pipeline(
        [*PIPELINE.nodes[:2], Node(fail, ["product", "total"], "joined", name="join")]
    )
    with pytest.raises(ValueError, match="no"):
        project.run(broken, force=True)
    assert read_record(project.path("joined")) is None
    assert project.run() == ["join"]


def test_a_dry_run_says_why_and_runs_nothing(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    project.factor = 7
    with caplog.at_level("INFO", logger="trisampler"):
        assert project.run(dry_run=True) == []
    assert "split would run: changed: factor" in caplog.text
    assert "join would run: changed: product, total" in caplog.text
    assert project.run() == ["split", "join"]


def test_a_slice_uses_the_artifacts_that_are_there_and_the_whole_notices_later(
    project: Project,
) -> None:
    project.factor = 7
    assert project.run(PIPELINE.filter(node_names=["join"])) == []
    assert project.run(PIPELINE.filter(node_names=["split"])) == ["split"]
    assert project.run(PIPELINE.filter(node_names=["join"])) == ["join"]
    assert project.run() == []


def test_of_the_ready_nodes_the_most_awaited_runs_first(tmp_path: Path) -> None:
    def alone() -> int:
        calls.append("alone")
        return 1

    aside = Node(alone, None, "aside", name="a_name_that_sorts_first")
    parameters = {"path": str(tmp_path / "raw.txt"), "factor": 2, "where": Where(workers=1)}
    catalog = DataCatalog(
        {f"params:{name}": MemoryDataset(value) for name, value in parameters.items()}
    )
    (tmp_path / "raw.txt").write_text("3")
    calls.clear()
    IncrementalRunner().run(Pipeline([aside, *PIPELINE.nodes]), catalog)
    assert calls == ["read", "split", "alone", "join"]


def test_what_the_user_gave_is_read_before_anything_else_is_done(tmp_path: Path) -> None:
    @reads_outside("path", lambda path: Path(path).read_text())
    def also_read(path: str, number: int) -> int:
        calls.append("also read")
        return number

    aside = Node(also_read, ["params:path", "number"], "aside", name="z")
    parameters = {"path": str(tmp_path / "raw.txt"), "factor": 2, "where": Where(workers=1)}
    catalog = DataCatalog(
        {f"params:{name}": MemoryDataset(value) for name, value in parameters.items()}
    )
    (tmp_path / "raw.txt").write_text("3")
    calls.clear()
    IncrementalRunner().run(Pipeline([aside, *PIPELINE.nodes]), catalog)
    assert calls == ["read", "also read", "split", "join"]


def test_an_input_put_there_by_hand_counts_by_its_content(project: Project) -> None:
    tail = PIPELINE.filter(node_names=["split", "join"])
    record_path(project.path("number")).unlink()
    project.path("number").write_text("10")
    assert project.run(tail) == ["split", "join"]
    assert project.run(tail) == []
    project.path("number").write_text("11")
    assert project.run(tail) == ["split", "join"]


def test_an_input_changed_by_hand_no_longer_counts_with_its_record(project: Project) -> None:
    tail = PIPELINE.filter(node_names=["split", "join"])
    project.path("number").write_text("10")
    assert project.run(tail) == ["split", "join"]
    assert project.run(tail) == []
    assert project.run() == ["read", "split", "join"]
    assert project.joined() == {"product": 6, "total": 5}


def test_an_input_that_is_neither_there_nor_made_is_named_before_anything_runs(
    project: Project,
) -> None:
    tail = PIPELINE.filter(node_names=["split", "join"])
    assert project.run(tail) == []
    project.path("number").unlink()
    with pytest.raises(MissingInputError, match=r"not there: number \(.*number.json\)\."):
        project.run(tail)
    assert calls == []
    assert project.joined() == {"product": 6, "total": 5}


def test_one_process_per_node_comes_to_the_same_keys(project: Project, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")
    other.raw = project.raw
    for node in PIPELINE.nodes:
        other.run(PIPELINE.filter(node_names=[node.name]))
    assert other.run() == []
    for name in ("number", "product", "total", "joined"):
        one, two = read_record(project.path(name)), read_record(other.path(name))
        assert one is not None
        assert two is not None
        assert one.key == two.key
