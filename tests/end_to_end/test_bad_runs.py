"""What a user sees of a run that cannot be: one message, an exit code, nothing written.

Sources of all kinds are in corpora/test_bad_input.py; here is a share of them, and parameters.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpora.sources import beir
from end_to_end.commands import start
from end_to_end.project import Project


@dataclass(frozen=True)
class Place:
    """A project, a whole source and a whole model."""

    project: Project
    source: Path
    model: Path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_to(tmp_path_factory.mktemp("bad runs"))
    (project.folder / "conf/smoke/tracking.yml").write_text("enabled: false\n")
    return project


@pytest.fixture
def place(shared: Project, tiny_encoder_folder: Path, tmp_path: Path) -> Place:
    model = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "model"))
    return Place(shared, beir(tmp_path / "source"), model)


Change = Callable[[Place], None]


@dataclass(frozen=True)
class Bad:
    name: str
    found: tuple[str, ...]
    params: str = ""
    options: tuple[str, ...] = ()
    change: Change | None = None
    env: str = "smoke"
    exit_code: int = 1


def text(file: str, content: str) -> Change:
    def change(place: Place) -> None:
        (place.source / file).write_text(content)

    return change


def without(file: str) -> Change:
    return lambda place: (place.source / file).unlink()


def cut(file: str) -> Change:
    def change(place: Place) -> None:
        content = (place.model / file).read_bytes()
        (place.model / file).write_bytes(content[: len(content) // 2])

    return change


def pickled(place: Place) -> None:
    (place.model / "model.safetensors").rename(place.model / "pytorch_model.bin")


def asking_for_code(place: Place) -> None:
    file = place.model / "config.json"
    config = json.loads(file.read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModel": "own.M"}}
    file.write_text(json.dumps(config))
    (place.model / "own.py").write_text("raise SystemExit('code of the model was run')\n")


def fifo(place: Place) -> None:
    (place.source / "corpus.jsonl").unlink()
    os.mkfifo(place.source / "corpus.jsonl")


NOT_THE_SOURCE = "source.path=/nowhere/at/all"
MODEL = "encoder.name={model}"
CASES = [
    # -------------------------------------------------------------------- sources
    Bad("no source", ("/nowhere/at/all: does not exist", "Correct source.path"), NOT_THE_SOURCE),
    Bad("no corpus", ("corpus.jsonl is missing",), change=without("corpus.jsonl")),
    Bad("broken JSON", ("queries.jsonl:1: broken JSON",), change=text("queries.jsonl", "{")),
    Bad("no header", ("qrels/dev.tsv:1", "header"), change=text("qrels/dev.tsv", "q4\td4\t1\n")),
    Bad("a pipe", ("corpus.jsonl is missing", "no regular file"), change=fifo),
    Bad("empty corpus", ("corpus is empty",), change=text("corpus.jsonl", "")),
    Bad("no package", ("No package 'no_such'",), "source.path=null,source.package=no_such"),
    Bad("an unknown form", ("source.format", "'beir'"), "source.format=xml"),
    # ----------------------------------------------------------------- parameters
    Bad("misspelt key", ("sorce", "no such parameter"), "sorce.path=x"),
    Bad("misspelt leaf", ("training.step", "steps"), "training.step=3"),
    Bad("a word for a number", ("seed", "'abc'"), "seed=abc"),
    Bad("negative seed", ("seed", "-1"), "seed=-1"),
    Bad("negative depth", ("retrieval.depth", "-1"), "retrieval.depth=-1"),
    Bad("no steps", ("training.steps", "0"), "training.steps=0"),
    Bad("half a step", ("training.steps", "1.5"), "training.steps=1.5"),
    Bad("no number", ("training.temperature", "nan"), "training.temperature=.nan"),
    Bad("endless", ("training.learning_rate", "inf"), "training.learning_rate=.inf"),
    Bad("more than all", ("source.dev_fraction", "0.9"), "source.dev_fraction=0.9"),
    Bad("unknown sampler", ("'trj'", "tri-product"), "sampling.sampler=trj"),
    Bad("unknown measure", ("'foo'", "nDCG@10"), "evaluation.measures=[foo]"),
    Bad("unknown index", ("search.factory", "'foo'"), "search.factory=foo"),
    Bad("unknown language", ("lexical.language", "'klingon'"), "lexical.language=klingon"),
    Bad("unknown device", ("training.device", "'abacus'"), "training.device=abacus"),
    Bad("no such device", ("'cuda:77'", "auto or cpu"), "training.device=cuda:77"),
    Bad("workspace outside", ("workspace", "'../x'"), "workspace=../x"),
    Bad("a branch for a leaf", ("seed", "{'a': 1}"), "seed.a=1"),
    Bad("a leaf for a branch", ("training", "3"), "training=3"),
    Bad("no key", ("'steps' is no key=value",), "steps", exit_code=2),
    Bad("structure", ("rounds", "structure.yml"), "rounds=3"),
    Bad(
        "no run file",
        ("evaluation.run_files.other.test", "/nowhere"),
        "evaluation.run_files={other: {test: /nowhere}}",
    ),
    # --------------------------------------------------------------------- models
    Bad("no model folder", ("'/nowhere/model'",), "encoder.name=/nowhere/model"),
    Bad("no hub id here", ("'some/model'", "local folder"), "encoder.name=some/model"),
    Bad("no model package", ("'no_such'", "pip install"), "encoder.name='package:no_such'"),
    Bad("no model", ("has no config.json",), "encoder.name={source}"),
    Bad("weights cut off", ("cannot be loaded",), MODEL, change=cut("model.safetensors")),
    Bad("words cut off", ("tokenizer", "cannot be loaded"), MODEL, change=cut("tokenizer.json")),
    Bad("pickled weights", ("pytorch_model.bin", "safetensors"), MODEL, change=pickled),
    Bad(
        "a model with code", ("cannot be loaded", "code of its own"), MODEL, change=asking_for_code
    ),
    # -------------------------------------------------------------------- options
    Bad("unknown pipeline", ("'nope'",), options=("--pipelines", "nope")),
    Bad("unknown node", ("'nope'",), options=("--nodes", "nope")),
    Bad("unknown runner", ("'Nope'",), options=("--runner", "Nope")),
    Bad("threads", ("ThreadRunner keeps no records",), options=("--runner", "ThreadRunner")),
    Bad("processes", ("ParallelRunner keeps no records",), options=("--runner", "ParallelRunner")),
    Bad("only missing", ("does by itself",), options=("--only-missing-outputs",)),
    Bad("unknown environment", ("nope",), env="nope"),
    Bad("nothing to begin with", ("not there", "kedro run"), options=("--pipelines", "release")),
]
QUICK = {"negative depth", "unknown pipeline"}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(bad, id=bad.name, marks=[] if bad.name in QUICK else pytest.mark.slow)
        for bad in CASES
    ],
)
def test_one_message_and_nothing_written(place: Place, bad: Bad) -> None:
    if bad.change is not None:
        bad.change(place)
    params = bad.params.replace("{model}", str(place.model)).replace("{source}", str(place.source))
    if "source.path" not in params:
        params = f"source.path={place.source},{params}"
    if "source.package" not in params:
        params = f"source.package=null,{params}"
    command = start(place.project, "run", "--env", bad.env, *bad.options, "--params", params)
    assert command.exit_code() == bad.exit_code, command.output()
    output = command.output()
    assert "Traceback" not in output
    message = output[re.search("^Error: ", output, re.MULTILINE).start() :]  # type: ignore[union-attr]
    for found in bad.found:
        assert found in message
    assert len(message) < 1500
    data = place.project.folder / "data"
    files = [path for path in data.rglob("*") if path.is_file()]
    finished = {path.name for path in files if path.name.endswith(".record.json")}
    assert {path.name for path in files} <= finished | {
        name.removesuffix(".record.json") for name in finished
    }
    shutil.rmtree(data, ignore_errors=True)


def fail_in_a_node() -> None:
    from trisampler.pipelines.ingestion import nodes

    def fail(*_: object, **__: object) -> None:
        raise KeyError("unforeseen")

    nodes.read_collection = fail  # type: ignore[assignment]


@pytest.mark.slow
@pytest.mark.parametrize("verbose", [False, True])
def test_a_defect_in_a_node_is_named_and_its_traceback_kept(
    place: Place, tmp_path: Path, verbose: bool
) -> None:
    project = Project.copy_to(tmp_path / "project")
    options = ["--verbose"] if verbose else []
    params = f"source.package=null,source.path={place.source}"
    command = start(
        project,
        *("run", "--env", "smoke", "--params", params, *options),
        before=fail_in_a_node,
    )
    assert command.exit_code() == 1
    assert ("Traceback" in command.output()) == verbose
    if not verbose:
        message = "Error: ingestion.read_source: KeyError: 'unforeseen' (trisampler/pipelines/"
        assert message in command.output()
    kept = (project.folder / "mlartifacts").rglob("traceback.txt")
    assert any("unforeseen" in file.read_text() for file in kept)
