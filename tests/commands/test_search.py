"""Asking a bundle."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from commands.conftest import in_a_process
from trisampler.evaluation.runs import read_trec_run
from trisampler.release import Bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bundle(project, monkeypatch):
    folder = project / "data" / "06_models" / "default" / "bundle"
    (project / "inner").mkdir(exist_ok=True)
    monkeypatch.chdir(project / "inner")
    return Bundle.load(folder)


def test_one_query_finds_what_the_bundle_finds(run, bundle):
    result = run("search", "sort", "a", "list", "-k", "4", "--format", "json")
    assert result.exit_code == 0, result.output
    (answer,) = map(json.loads, result.stdout.splitlines())
    found = bundle.search(["sort a list"], k=4)
    assert answer["query"] == "sort a list"
    assert [hit["doc_id"] for hit in answer["hits"]] == found.ids[0]
    assert [hit["score"] for hit in answer["hits"]] == pytest.approx(found.scores_QK[0].tolist())
    assert [hit["text"] for hit in answer["hits"]] == found.texts[0]
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3, 4]


def test_text_has_a_head_and_a_beginning_for_each_document(run, bundle):
    result = run("search", "sort a list", "-k", "3")
    heads, beginnings = result.stdout.splitlines()[::2], result.stdout.splitlines()[1::2]
    found = bundle.search(["sort a list"], k=3)
    for rank, (head, beginning) in enumerate(zip(heads, beginnings, strict=True)):
        assert head.split()[0] == str(rank + 1)
        assert found.ids[0][rank] in head
        assert found.titles[0][rank] in head
        assert beginning.strip() == found.texts[0][rank]


def test_a_file_of_queries_becomes_a_run_file(run, bundle, tmp_path):
    file, output = tmp_path / "queries.tsv", tmp_path / "new" / "my.run"
    file.write_text("q2\topen a file\n\nq1\tsort a list\n")
    result = run("search", "--queries", file, "-k", "7", "--format", "trec", "--output", output)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    run_table = read_trec_run(output)
    found = bundle.search(["sort a list", "open a file"], k=7)
    for query_id, ids in zip(("q1", "q2"), found.ids, strict=True):
        ranked = run_table.filter(pl.col("query_id") == query_id).sort("rank")
        assert sorted(ranked["doc_id"]) == sorted(ids)
        assert ranked["score"].to_list() == sorted(ranked["score"], reverse=True)


def test_a_link_stays_and_what_it_points_to_is_written(run, bundle, tmp_path):
    link, target = tmp_path / "link", tmp_path / "elsewhere" / "my.run"
    link.symlink_to(target)
    told = ("search", "sort a list", "--format", "trec", "--output")
    assert run(*told, link).exit_code == 0
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) == 10


def test_devices_and_pipes_are_written_to(bundle):
    done = in_a_process(
        *("search", "sort a list", "-k", "2", "--format", "json", "--output", "/dev/stdout"),
        cwd=bundle.folder,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["query"] == "sort a list"


@pytest.mark.parametrize(
    ("name", "content", "ids"),
    [
        ("q.txt", "sort a list\n\nopen it\n", ["1", "3"]),
        ("q.jsonl", '{"_id": "a", "text": "sort"}\n{"_id": 7, "text": "open"}\n', ["a", "7"]),
        ("q.tsv", "x\tsort\ny\topen\tit\n", ["x", "y"]),
    ],
)
def test_query_files_are_read_by_their_names(run, bundle, tmp_path, name, content, ids):
    (tmp_path / name).write_text(content)
    result = run("search", "--queries", tmp_path / name, "--format", "json", "-k", "1")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["query_id"] for answer in answers] == ids


@pytest.mark.slow
def test_queries_come_from_standard_input(run, bundle, tmp_path):
    done = in_a_process(
        *("search", "--bundle", bundle.folder, "--format", "json", "-k", "1"),
        cwd=tmp_path,
        input="sort\nopen\n",
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["query"] for line in done.stdout.splitlines()] == ["sort", "open"]


@pytest.mark.slow
def test_below_a_projects_folder_nothing_but_answers_is_printed(bundle, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "conf", project / "conf")
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copytree(bundle.folder, project / "data" / "06_models" / "default" / "bundle")
    (project / "inner").mkdir()
    done = in_a_process(
        *("search", "sort a list", "--format", "json", "-k", "1"),
        cwd=project / "inner",
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["query"] == "sort a list"


@pytest.mark.slow
def test_a_prompt_answers_until_an_empty_line(bundle, tmp_path):
    import os
    import pty
    import sys

    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "trisampler", "search", "-k", "1"],
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(main, b"sort a list\nopen a file\n\n")
    output, told = process.communicate(timeout=120)
    os.close(main)
    os.close(side)
    assert process.returncode == 0, told
    assert "60 documents" in told
    found = bundle.search(["sort a list", "open a file"], k=1)
    for (doc_id,) in found.ids:
        assert doc_id in output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["hello", "--queries", "q.txt"], 2, "not both"),
        (["--queries", "empty.txt"], 2, "no query"),
        (["--queries", "twice.tsv"], 1, "twice.tsv:2: query 'a' stood on line 1 already"),
        (["--queries", "broken.tsv"], 1, "broken.tsv:1: no query"),
        (["hello", "--workspace", "nowhere"], 1, "There are bundles of default"),
        (["hello", "--bundle", "nowhere"], 1, "there is no such folder"),
        (["hello", "-k", "0"], 2, "-k"),
        (["caf\udce9"], 2, r"The query caf\udce9 is not UTF-8"),
    ],
)
def test_what_does_not_fit_is_said(run, bundle, tmp_path, monkeypatch, arguments, code, said):
    (tmp_path / "q.txt").write_text("hello\n")
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "twice.tsv").write_text("a\tone\na\ttwo\n")
    (tmp_path / "broken.tsv").write_text("one two\n")
    told = [str(tmp_path / word) if word.endswith((".txt", ".tsv")) else word for word in arguments]
    result = run("search", *told)
    assert result.exit_code == code, result.output
    assert said in result.output.replace("\n", " ")


def test_a_damaged_bundle_is_named(run, bundle, tmp_path):
    copy = shutil.copytree(bundle.folder, tmp_path / "copy")
    (copy / "documents.parquet").unlink()
    result = run("search", "x", "--bundle", copy)
    assert result.exit_code == 1
    assert "documents.parquet is missing" in result.output


def test_terminal_codes_in_documents_do_not_reach_the_terminal():
    from trisampler.commands.answers import as_text
    from trisampler.retrievers.retriever import Hit

    evil = Hit("d\x1b[2J", 1.0, "t\x1b]0;x\x07", "text\x1b[31m red")
    told = as_text("q\x1b[2J", [evil])
    import click

    assert "\x1b" not in click.unstyle(told)
