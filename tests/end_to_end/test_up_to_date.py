"""What damage to a finished run's artifacts makes again: its maker, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import FinishedRun
from end_to_end.project import Project, nodes_that_would_run
from end_to_end.test_no_leak import write_beir
from planning import open_project
from trisampler.incremental.keys import artifact_path
from trisampler.incremental.plan import make_plan
from trisampler.incremental.records import record_path


class Planned:
    """A copy of the finished run, and what would run there."""

    def __init__(self, project: Project) -> None:
        self.folder = project.folder
        pipelines, context = open_project(self.folder, "smoke")
        self.pipeline = pipelines["__default__"]
        self.catalog = context._get_catalog()

    def due(self) -> set[str]:
        return {each.node for each in make_plan(self.pipeline, self.catalog) if each.reason}

    def artifacts(self) -> list[tuple[str, str, Path]]:
        """Node, dataset and path of all that the run has stored."""
        found = []
        for node in self.pipeline.nodes:
            for output in node.outputs:
                path = artifact_path(self.catalog, output)
                assert path is not None
                found.append((node.name, output, path))
        return found


@pytest.fixture(scope="module")
def planned(finished: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    project = Project(tmp_path_factory.mktemp("planned") / "project")
    shutil.copytree(finished.project.folder, project.folder, symlinks=True)
    return Planned(project)


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    yield
    away.rename(path)


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Another content for as long, with the old times and bytes afterwards."""
    before, status = path.read_bytes(), path.stat()
    path.write_bytes(content)
    yield
    path.write_bytes(before)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _files(artifact: Path) -> list[Path]:
    if artifact.is_file():
        return [artifact]
    return sorted(path for path in artifact.rglob("*") if path.is_file() and path.stat().st_size)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "gone": moved_away,
    "without a record": lambda path: moved_away(record_path(path)),
    "one bit": lambda path: changed(_files(path)[-1], _flipped(_files(path)[-1].read_bytes())),
    "cut off": lambda path: changed(_files(path)[0], _files(path)[0].read_bytes()[:-1]),
    "of something else": lambda path: changed(
        record_path(path), record_path(path).read_bytes().replace(b'"key": "', b'"key": "0')
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_artifact_runs_the_node_that_made_it_and_no_other(
    planned: Planned, damage: str
) -> None:
    assert planned.due() == set()
    wrong = {}
    for node, output, path in planned.artifacts():
        with DAMAGES[damage](path):
            due = planned.due()
        if due != {node}:
            wrong[output] = sorted(due)
    assert not wrong, json.dumps(wrong, indent=1)
    assert planned.due() == set()


def test_a_damaged_vector_store_runs_what_has_its_rows(planned: Planned) -> None:
    of_stores: dict[Path, set[str]] = {}
    for node, _, path in planned.artifacts():
        if path.name.endswith("_embeddings"):
            manifest = json.loads((path / "manifest.json").read_text())
            of_stores.setdefault((path / manifest["store"]).resolve(), set()).add(node)
    assert len(of_stores) > 1
    for store, nodes in of_stores.items():
        vectors = store / "vectors.bin"
        with changed(vectors, _flipped(vectors.read_bytes())):
            assert planned.due() == nodes


# Rates are in the history, the champion is the registry's: another forced run differs in these too.
TIMED_OR_FROM_THE_REGISTRY = re.compile(
    r"training_history\.parquet|report\.html|incumbent|registered_model|promotion\."
)


@pytest.mark.slow
def test_after_changes_the_artifacts_are_those_of_a_forced_run(
    finished: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "changed").mkdir()
    project = Project.copy_to(tmp_path / "changed")
    parameters = project.folder / "conf" / "smoke" / "parameters.yml"
    parameters.write_text(parameters.read_text().replace("package: asyncio", "format: beir"))
    write_beir(project.folder / "beir", finished, with_test=True)
    given = "source.path=beir"
    project.run("--params", given)

    corpus = project.folder / "beir" / "corpus.jsonl"
    first, rest = corpus.read_text().split("\n", 1)
    corpus.write_text(first.replace('"text": "', '"text": "edited ') + "\n" + rest)
    project.run("--params", given)
    given += ",sampling.negatives=2"
    project.run("--params", given)
    negatives = project.path("05_model_input/round_2/negatives.parquet")
    negatives.write_bytes(_flipped(negatives.read_bytes()))
    would_run = nodes_that_would_run(project.run("--dry-run", "--params", given))
    assert would_run == {"round_2.sampling.draw_negatives"}
    project.run("--params", given)

    forced = Project(tmp_path / "forced")
    shutil.copytree(project.folder, forced.folder, symlinks=True)
    forced.run("--force", "--params", given)
    assert _artifact_bytes(project) == _artifact_bytes(forced)


def _artifact_bytes(project: Project) -> dict[str, bytes]:
    data = project.folder / "data"
    files = {
        path.relative_to(data).as_posix(): path
        for path in sorted(data.rglob("*"))
        if path.is_file() and not path.name.endswith((".record.json", ".lock"))
    }
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if "vector_cache" not in name and not TIMED_OR_FROM_THE_REGISTRY.search(name)
    }
