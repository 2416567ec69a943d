"""A project with a bundle, a small BEIR folder, and the command run in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from release.conftest import Workshop, corpus_of
from trisampler.commands.group import trisampler

TINY = "untrained:0"


@pytest.fixture(scope="session")
def beir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 documents; the queries are what they begin with, three splits."""
    folder = tmp_path_factory.mktemp("beir")
    corpus = corpus_of(range(40))
    lines = [
        {"_id": doc_id, "title": title, "text": text} for doc_id, title, text in corpus.iter_rows()
    ]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    queries = [
        {"_id": f"q{row}", "text": " ".join(lines[row]["text"].split()[:4]) + f" {row}"}
        for row in range(30)
    ]
    (folder / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in queries))
    (folder / "qrels").mkdir()
    for split, rows in {"train": range(18), "dev": range(18, 24), "test": range(24, 30)}.items():
        judged = "".join(f"q{row}\td{row:03d}\t1\n" for row in rows)
        (folder / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle of the workspace `default` where a run leaves it."""
    folder = tmp_path_factory.mktemp("project")
    workshop = Workshop(tmp_path_factory.mktemp("workshop"))
    workshop.make(folder / "data" / "06_models" / "default" / "bundle", corpus_of(range(60)))
    return folder


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    """Runs a command in this process; its vectors go into a folder of the session."""
    cache = tmp_path_factory.getbasetemp() / "vectors"
    own_cache = {"evaluate", "mine", "serve"}

    def invoke(*arguments: str | Path, **options: object) -> Result:
        told = [str(argument) for argument in arguments]
        told += ["--cache", str(cache)] if told[0] in own_cache else []
        result = CliRunner().invoke(trisampler, told, prog_name="trisampler", **options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return invoke


def in_a_process(
    *arguments: str | Path, cwd: Path, **options: object
) -> subprocess.CompletedProcess[str]:
    """`python -m trisampler`, as a user's shell runs it."""
    return subprocess.run(
        [sys.executable, "-m", "trisampler", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
