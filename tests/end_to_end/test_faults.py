"""A run that is disturbed, and run again, ends with the artifacts of one that was not.

docs/faults.md says the same in words. Faults inside one package are tested there: trainings killed
at ten points (training/test_resume.py), vector caches (encoders/test_cache_processes.py), bundles
(release/test_damage.py), indexes (search/test_index.py).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from end_to_end import faults
from end_to_end.commands import start
from end_to_end.conftest import FinishedRun
from end_to_end.project import Project
from trisampler.encoders.embeddings import Embeddings

pytestmark = pytest.mark.slow

NOT_FINISHED = "FAILED or KILLED"
KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
# When checksums were compared last; what MLflow's registry, which is outside, knows of a bundle.
NO_ARTIFACTS = (*("checked.json", "registered_model.json", "registered_model.json.record.json"),)
# A rebuilt vector cache has its rows in another order, and embeddings say which rows are theirs.
CACHED = re.compile(r"/vector_cache/|_embeddings/rows\.parquet$")


@dataclass(frozen=True)
class Trouble:
    """One disturbed run.

    Attributes:
        exit_code: negative for a signal that nobody handles.
        told: in what the user sees.
        status: of its MLflow run; None where there is none, NOT_FINISHED where the process may not
            have had the memory to say that it failed.
    """

    name: str
    fault: faults.Fault
    exit_code: int
    told: str = ""
    status: str | None = "KILLED"


# In the order in which a run comes to them: each is met by the run that goes on from the last.
TROUBLES = [
    Trouble("killed while the corpus is written", faults.at_rename("corpus.parquet", KILL), -KILL),
    Trouble(
        "killed between an artifact and its record",
        faults.at_rename("queries.parquet.record.json", KILL),
        -KILL,
    ),
    Trouble(
        "Ctrl-C while documents are embedded",
        faults.at_node("encoder_0/corpus_embeddings", INT),
        130,
        "Interrupted by SIGINT",
    ),
    Trouble("killed while vectors are written", faults.at_rename("corpus_embeddings", KILL), -KILL),
    Trouble(
        "no memory left while queries are embedded",
        faults.no_memory_at_node("encoder_0/query_embeddings"),
        1,
        "memory ran out",
        NOT_FINISHED,
    ),
    Trouble("a limit on files", faults.no_large_files, 1, "run again", None),
    Trouble(
        "SIGTERM in a training",
        faults.in_step(1, 5, TERM),
        143,
        "a checkpoint holds step 5",
    ),
    Trouble("killed in a training", faults.in_step(1, 15, KILL), -KILL),
    Trouble("killed while an encoder is written", faults.at_rename("encoder_1", KILL), -KILL),
    Trouble("no memory left", faults.no_memory_in_round_2, 1, "memory ran out", "FAILED"),
    Trouble("Ctrl-C in a training", faults.in_step(2, 15, INT), 130, "a checkpoint holds step 15"),
    Trouble(
        "no memory left for an index",
        faults.no_memory_at_node("encoder_2.index"),
        1,
        "memory ran out",
        NOT_FINISHED,
    ),
    Trouble("SIGTERM in a search", faults.at_node("encoder_2/dev.run", TERM), 143, "SIGTERM"),
    Trouble(
        "no memory left in a search",
        faults.no_memory_at_node("encoder_2/test.run"),
        1,
        "memory ran out",
        NOT_FINISHED,
    ),
    Trouble("killed while metrics are written", faults.at_rename("metrics.json", KILL), -KILL),
    Trouble("killed while the bundle is written", faults.at_rename("bundle", KILL), -KILL),
]


def artifacts(project: Project) -> dict[str, bytes]:
    """What is in the data folders, without what says when or how fast it was made."""
    data = project.folder / "data"
    found = {}
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if not path.is_file() or path.name in NO_ARTIFACTS:
            continue
        if path.name == "training_history.parquet":
            found[name] = pl.read_parquet(path).drop("queries_per_second").write_json().encode()
        elif path.name.endswith(".record.json"):
            found[name] = json.loads(path.read_text())["key"].encode()
        else:
            found[name] = path.read_bytes()
    return found


def differing(project: Project, undisturbed: Project) -> list[str]:
    made, expected = artifacts(project), artifacts(undisturbed)
    assert made.keys() == expected.keys()
    return [name for name in made if made[name] != expected[name]]


def assert_same(project: Project, undisturbed: Project) -> None:
    assert differing(project, undisturbed) == []


def assert_same_vectors(project: Project, undisturbed: Project) -> None:
    """In whatever order a rebuilt cache holds them."""
    folders = [path.parent for path in (project.folder / "data/04_feature").rglob("rows.parquet")]
    assert folders
    for folder in folders:
        made = Embeddings.load(folder)
        expected = Embeddings.load(undisturbed.folder / folder.relative_to(project.folder))
        assert made.ids == expected.ids
        np.testing.assert_array_equal(made.vectors(), expected.vectors())


def assert_what_is_recorded_is_right(project: Project, undisturbed: Project) -> None:
    """An artifact that counts as done is the one that an undisturbed run makes."""
    made, expected = artifacts(project), artifacts(undisturbed)
    for name in made:
        if name.endswith(".record.json"):
            artifact = name.removesuffix(".record.json")
            parts = [each for each in made if each == artifact or each.startswith(f"{artifact}/")]
            assert parts
            assert [each for each in parts if made[each] != expected[each]] == []


def mlflow_states(project: Project) -> list[str]:
    with sqlite3.connect(project.folder / "mlflow.db") as database:
        rows = database.execute("SELECT status FROM runs ORDER BY start_time, rowid").fetchall()
    return [status for (status,) in rows]


def agree(found: list[str], expected: list[str]) -> bool:
    """Whether the states of all runs are those expected, NOT_FINISHED being either of two."""
    return len(found) == len(expected) and all(
        one in ("FAILED", "KILLED") if other == NOT_FINISHED else one == other
        for one, other in zip(found, expected, strict=True)
    )


def nothing_is_due(project: Project) -> bool:
    command = start(project, "run", "--env", "smoke", "--dry-run")
    assert command.exit_code() == 0
    return "Everything is up to date" in command.output()


def test_disturbed_again_and_again_it_ends_as_if_undisturbed(
    finished: FinishedRun, tmp_path: Path
) -> None:
    project = Project.copy_to(tmp_path / "project")
    states: list[str] = []
    for trouble in TROUBLES:
        command = start(project, "run", "--env", "smoke", before=trouble.fault)
        assert command.exit_code() == trouble.exit_code, f"{trouble.name}:\n{command.output()}"
        assert trouble.told in command.output(), trouble.name
        assert "Traceback" not in command.output(), trouble.name
        assert_what_is_recorded_is_right(project, finished.project)
        states += [trouble.status] if trouble.status else []
        # What kill -9 ended is closed by the next run.
        assert agree(mlflow_states(project)[:-1], states[:-1]), trouble.name
    command = start(project, "run", "--env", "smoke")
    assert command.exit_code() == 0, command.output()
    assert_same(project, finished.project)
    assert nothing_is_due(project)
    assert agree(mlflow_states(project), [*states, "FINISHED"])
    assert not list((project.folder / "data").rglob("*.tmp"))


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"\0garbage" * 20)


def gone(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "03_primary/smoke/corpus.parquet": flipped,
    "03_primary/smoke/queries.parquet.record.json": garbage,
    "04_feature/smoke/vector_cache/*/vectors.bin": flipped,
    "04_feature/smoke/encoder_0/corpus_embeddings/rows.parquet": cut_off,
    "05_model_input/smoke/round_2/negatives.parquet": garbage,
    "06_models/smoke/encoder_1/model.safetensors": flipped,
    "06_models/smoke/encoder_2.index/manifest.json": garbage,
    "06_models/smoke/bundle/documents.parquet": flipped,
    "07_model_output/smoke/encoder_2/dev.run": cut_off,
    "08_reporting/smoke/metrics.json": garbage,
    "08_reporting/smoke/report.html": gone,
}


def test_what_is_damaged_on_disk_is_made_again(finished: FinishedRun, tmp_path: Path) -> None:
    project = Project(Path(shutil.copytree(finished.project.folder, tmp_path / "project")))
    data = project.folder / "data"
    for pattern, damage in DAMAGES.items():
        paths = list(data.glob(pattern))
        assert paths, pattern
        for path in paths:
            damage(path)
    command = start(project, "run", "--env", "smoke")
    assert command.exit_code() == 0, command.output()
    assert_same_vectors(project, finished.project)
    others = differing(project, finished.project)
    assert [name for name in others if not CACHED.search(name)] == []


def test_the_clock_decides_nothing(finished: FinishedRun, tmp_path: Path) -> None:
    project = Project(Path(shutil.copytree(finished.project.folder, tmp_path / "project")))
    for number, path in enumerate(sorted((project.folder / "data").rglob("*"))):
        moment = (1, 2**31)[number % 2]  # 1970, 2038
        os.utime(path, (moment, moment))
    assert nothing_is_due(project)
    report = project.path("08_reporting/metrics.json")
    before = report.read_bytes()
    report.unlink()
    command = start(project, "run", "--env", "smoke", before=faults.clock_put_back)
    assert command.exit_code() == 0, command.output()
    assert report.read_bytes() == before
    assert nothing_is_due(project)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own for data, to be remounted with other options."""
    folder = tmp_path / "project" / "data"
    folder.mkdir(parents=True)
    if not mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)):
        pytest.skip("A disk that is full needs the right to mount one.")

    def remount(options: str) -> Path:
        assert mounted("-o", f"remount,{options}", str(folder))
        return folder

    yield remount
    subprocess.run(["umount", str(folder)], check=True)


def mounted(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def test_a_disk_that_is_full_or_read_only(
    finished: FinishedRun, small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    project = Project.copy_to(tmp_path / "project")
    for options, told in (
        ("size=300k", "ake room"),
        ("size=1200k", "ake room"),
        ("size=2m", "ake room"),
        ("ro", "read-only"),
        ("rw,size=4m", "ake room"),
    ):
        small_disk(options)
        command = start(project, "run", "--env", "smoke")
        assert command.exit_code() == 1, options
        message = command.output()[command.output().index("Error: ") :]
        assert told in message, options
        assert "Traceback" not in command.output()
        assert_what_is_recorded_is_right(project, finished.project)
    small_disk("rw,size=100m")
    command = start(project, "run", "--env", "smoke")
    assert command.exit_code() == 0, command.output()
    assert_same(project, finished.project)


def test_without_mlflow_the_work_goes_on(finished: FinishedRun, tmp_path: Path) -> None:
    """Its database locked by another process, or no server at its address."""
    project = Project(Path(shutil.copytree(finished.project.folder, tmp_path / "project")))
    summary = project.path("08_reporting/summary.txt")
    with sqlite3.connect(project.folder / "mlflow.db", isolation_level=None) as database:
        database.execute("BEGIN EXCLUSIVE")
        summary.unlink()
        command = start(project, "run", "--env", "smoke")
        assert command.exit_code() == 0, command.output()
        database.execute("ROLLBACK")
    assert command.output().count("MLflow tracking is off") == 1
    summary.unlink()
    command = start(project, "run", "--env", "smoke", before=faults.no_server)
    assert command.exit_code() == 0, command.output()
    assert command.output().count("MLflow tracking is off") == 1
    assert_same(project, finished.project)


def test_two_runs_at_once_end_as_one(finished: FinishedRun, tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    commands = [start(project, "run", "--env", "smoke") for _ in range(2)]
    assert [command.exit_code() for command in commands] == [0, 0], [
        command.output() for command in commands
    ]
    assert_same(project, finished.project)
    assert nothing_is_due(project)
