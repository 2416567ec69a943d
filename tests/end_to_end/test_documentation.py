"""Every command and every Python block of the README and of docs/.

How each command is checked:

- run for what it is, in a copy of the project under the smoke environment: those of `RUN`;
- planned: every other `kedro run`, as `kedro run --dry-run`, with its parameters validated, its
  pipeline built and the work decided; hub models and folders are stood in for by tiny ones;
- resolved: other commands of click (`kedro`, `mkdocs`, `mlflow`, `trisampler`) with `--help` added,
  which fails where a command or an option does not exist, but for `SEARCH`, which is run; `make`
  with `--dry-run`; scripts, modules, their flags and the extras of pip by looking them up;
- not run: blocks marked so are resolved in the same way where that needs nothing, and then skipped
  with their reason.

Variables that stand before a command are not set. Python blocks are run, those of a page one after
another as one program.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from end_to_end.commands import PROCESSES, start
from end_to_end.conftest import FinishedRun
from end_to_end.documentation import LANGUAGES, ROOT, Block, Typed, blocks, commands, typed_lines
from end_to_end.project import Project
from end_to_end.test_no_leak import write_beir

BLOCKS = blocks()
COMMANDS = commands(BLOCKS)
RUN = (
    "kedro run --params workspace=mydata,source.path=/path/to/folder",
    "kedro run --pipelines refresh --params workspace=mydata,source.path=/path/to/folder",
    "kedro run",
    "kedro run --dry-run --params sampling.negatives=2",
    "kedro run --params sampling.sampler=my_samplers:just_below",
    "kedro registry list",
)
LEFT = [typed for typed in COMMANDS if str(typed) not in RUN]
PLANNED = [typed for typed in LEFT if typed.words[:2] == ("kedro", "run")]
OTHERS = [typed for typed in LEFT if typed not in PLANNED]
SEARCH = "trisampler search 'undo the last commit'"
SHELL = {"export", "tail", "cd", "curl"}
CLICK = {"mlflow", "mkdocs", "trisampler"}
PYTHON_PAGES = sorted({block.page for block in BLOCKS if block.language == "python"})
# What stands for a folder of the reader's.
FOLDERS = (
    "/path/to/folder",
    "/path/to/scifact",
    "/path/to/msmarco",
    *("/srv/shop", "/srv/mlflow"),
    *("NL2BASH", "SQUAD", "NFCORPUS"),
)
# What a tiny model stands for: the hub's, by their whole names.
ENCODERS = (
    "intfloat/e5-base-v2",
    "intfloat/multilingual-e5-base",
    "sentence-transformers/facebook-dpr-question_encoder-single-nq-base",
    "sentence-transformers/facebook-dpr-ctx_encoder-single-nq-base",
    "sentence-transformers/all-MiniLM-L6-v2",
)
CROSS_ENCODERS = ("cross-encoder/ms-marco-MiniLM-L6-v2",)
HUB_MODEL = re.compile(r"\b(?:encoder|teacher)\.(?:document_)?name=([\w-]+/[\w.-]+)(?=[, ]|$)")


@dataclass(frozen=True)
class World:
    """A finished project, and what stands in for what a reader has."""

    project: Project
    stand_ins: dict[str, str]

    def meant(self, text: str) -> str:
        for name, stand_in in self.stand_ins.items():
            text = text.replace(name, stand_in)
        return text

    def arguments(self, typed: Typed) -> list[str]:
        """What stands behind `kedro`, in the smoke environment where no other is named."""
        words = [self.meant(word) for word in typed.words[1:]]
        if words[0] == "run" and "--env" not in words:
            words += ["--env", "smoke"]
        # The smoke environment names a package, and there can be one source.
        return [f"{word},source.package=null" if "source.path=" in word else word for word in words]

    def kedro(self, typed: Typed, *more: str) -> tuple[int, str]:
        command = start(self.project, *self.arguments(typed), *more)
        return command.exit_code(), command.output()

    def plans(self, found: list[Typed]) -> dict[str, tuple[int, str]]:
        """Exit code and output of `kedro run --dry-run` of each, in one process."""
        runs = {str(typed): [*self.arguments(typed), "--dry-run"] for typed in found}
        told = self.project.folder / "plans.json"
        process = PROCESSES.Process(target=_plan, args=(self.project.folder, runs, told))
        process.start()
        process.join()
        plans: dict[str, tuple[int, str]] = json.loads(told.read_text())
        return plans


def _plan(folder: Path, runs: dict[str, list[str]], told: Path) -> None:
    os.chdir(folder)
    from click.testing import CliRunner
    from kedro.framework.startup import bootstrap_project

    from trisampler.cli import cli

    metadata = bootstrap_project(folder)
    results = {
        text: CliRunner().invoke(cli, arguments, obj=metadata) for text, arguments in runs.items()
    }
    told.write_text(
        json.dumps({text: (one.exit_code, one.output) for text, one in results.items()})
    )


@pytest.fixture(scope="module")
def world(
    finished: FinishedRun,
    tiny_encoder_folder: Path,
    tiny_cross_encoder_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    folder = tmp_path_factory.mktemp("documented")
    project = Project(folder / "project")
    shutil.copytree(finished.project.folder, project.folder)
    write_beir(folder / "beir", finished, with_test=True)
    (folder / "faq.csv").write_text("frage,antwort\nWer?,Ich\nWo?,Hier\n")
    world = World(
        project,
        {
            **dict.fromkeys(FOLDERS, str(folder / "beir")),
            "faq.csv": str(folder / "faq.csv"),
            "/path/to/splade.run": str(project.path("07_model_output/bm25/test.run")),
            "/path/to/dev.run": str(project.path("07_model_output/bm25/dev.run")),
            **dict.fromkeys(ENCODERS, str(tiny_encoder_folder)),
            **dict.fromkeys(CROSS_ENCODERS, str(tiny_cross_encoder_folder)),
            "data/06_models/warm-up/encoder_1": str(tiny_encoder_folder),
            "/default/": "/smoke/",
        },
    )
    for block in BLOCKS:
        if file := _file_of(block):
            (project.folder / file).parent.mkdir(exist_ok=True)
            (project.folder / file).write_text(world.meant(block.text))
    return world


def _file_of(block: Block) -> str | None:
    """The file that a Python block says it is, or one of an environment that commands name."""
    named = re.match(r"# ([\w/]+\.py|conf/production/\w+\.yml)\b", block.text)
    return named[1] if named else None


@pytest.fixture(scope="module")
def walked(world: World, plans: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """The commands of RUN, one after another.

    What is only planned is planned before: a report is refused beside what they made by parameters
    of their own.
    """
    by_text = {str(typed): typed for typed in COMMANDS}
    return {text: world.kedro(by_text[text]) for text in RUN}


@pytest.fixture(scope="module")
def plans(world: World) -> dict[str, tuple[int, str]]:
    return world.plans([typed for typed in PLANNED if not typed.not_run])


def test_every_block_names_its_language():
    unnamed = [f"{block.place}: {block.language!r}" for block in BLOCKS]
    assert not [
        told for told, block in zip(unnamed, BLOCKS, strict=True) if block.language not in LANGUAGES
    ]


def test_every_block_that_is_not_run_is_one_of_commands():
    assert all(block.language in ("sh", "python") for block in BLOCKS if block.not_run)


def test_what_a_shell_reads_as_a_pattern_stands_in_quotes():
    lines = [(block.place, line) for block in BLOCKS for line in _shell_lines(block)]
    assert lines
    assert not [told for told in lines if re.search(r"[\[\]{}*?]", told[1])]


def _shell_lines(block: Block) -> list[str]:
    """What is typed, without what stands in quotes and without comments."""
    if block.language not in ("sh", "text"):
        return []
    return [re.sub(r"'[^']*'|\"[^\"]*\"| #.*", "", line) for line in typed_lines(block)]


def test_what_is_run_stands_in_the_documentation():
    assert {*RUN, SEARCH} <= {str(typed) for typed in COMMANDS if not typed.not_run}


def test_every_hub_model_that_a_run_names_is_stood_in_for():
    named = {name for typed in PLANNED for name in HUB_MODEL.findall(" ".join(typed.words))}
    assert named <= {*ENCODERS, *CROSS_ENCODERS}


@pytest.mark.slow
@pytest.mark.parametrize("text", RUN)
def test_command_runs(text: str, walked: dict[str, tuple[int, str]]):
    exit_code, output = walked[text]
    assert exit_code == 0, output


@pytest.mark.slow
@pytest.mark.parametrize("typed", PLANNED, ids=str)
def test_run_is_planned(typed: Typed, plans: dict[str, tuple[int, str]], world: World):
    exit_code, output = world.kedro(typed, "--help") if typed.not_run else plans[str(typed)]
    assert exit_code == 0, output
    _tell(typed)


@pytest.mark.slow
@pytest.mark.parametrize("typed", OTHERS, ids=str)
def test_command_resolves(typed: Typed, world: World):
    head, *rest = typed.words
    if head == "make":
        subprocess.run(["make", "--dry-run", *rest], cwd=ROOT, check=True, capture_output=True)
    elif head == "kedro":
        exit_code, output = world.kedro(typed, "--help")
        assert exit_code == 0, output
    elif head in CLICK:
        words = [world.meant(word) for word in rest]
        more = ["--workspace", "smoke"] if str(typed) == SEARCH else ["--help"]
        done = subprocess.run(
            [sys.executable, "-m", head, *words, *more],
            cwd=world.project.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    elif head in SHELL:
        pass
    elif head == "source":
        assert rest == [".venv/bin/activate"]
    elif head == "python":
        _look_up_script(rest)
    elif head == "pip":
        _look_up_extras(rest)
    else:
        assert typed.not_run, f"{typed.place}: no check is known for {head}: mark it as not run"
    _tell(typed)


def _tell(typed: Typed) -> None:
    if typed.not_run:
        pytest.skip(f"{typed.place}: resolved as far as can be, not run: {typed.not_run}")


def _look_up_script(words: list[str]) -> None:
    name = words[1].replace(".", "/") + ".py" if words[0] == "-m" else words[0]
    file = ROOT / name
    if not file.exists():
        file = file.with_suffix("") / "__main__.py"
    sources = file.read_text() + (ROOT / "benchmarks/claim.py").read_text()
    assert all(f'"{word}"' in sources for word in words[1:] if word.startswith("--"))


def _look_up_extras(words: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = re.findall(r"\.\[([\w,-]+)\]", " ".join(words))
    assert asked
    extras = {extra for group in asked for extra in group.split(",")}
    assert extras <= set(project["optional-dependencies"])


@pytest.mark.slow
@pytest.mark.parametrize("page", PYTHON_PAGES)
def test_python_runs(
    page: str,
    world: World,
    walked: dict[str, tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(world.project.folder)
    monkeypatch.syspath_prepend(str(ROOT))
    names = {"__name__": "__main__"}
    for block in BLOCKS:
        if block.page == page and block.language == "python" and not block.not_run:
            exec(compile(world.meant(block.text), block.place, "exec"), names)
    if "dataset" in names:
        assert len(names["dataset"])
    if "hits" in names:
        assert all(len(ids) for ids in names["hits"].ids)
