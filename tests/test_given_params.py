"""What `kedro run --params` understands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from kedro.framework.cli.project import run as kedro_run

from trisampler.cli import cli
from trisampler.commands import mine
from trisampler.given_params import as_typed, read_params

CONTEXT = click.Context(click.Command("run"))
OPTION = click.Option(["--params"])


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        ("seed=3, training.steps=20", {"seed": 3, "training": {"steps": 20}}),
        ("a.pools=[x,y],b=1e-3", {"a": {"pools": ["x", "y"]}, "b": 0.001}),
        ("a=[x,y],b=[z]", {"a": ["x", "y"], "b": ["z"]}),
        ("a.prompt=🔍 query: ,b=é: x", {"a": {"prompt": "🔍 query: "}, "b": "é: x"}),
        ("a.prompt=query: ,b=null,", {"a": {"prompt": "query: "}, "b": None}),
        ("a={b: 0.5},c='x: y'", {"a": {"b": 0.5}, "c": "x: y"}),
        (
            "a='IVF8,Flat',b=\"x,=y\",c=it's",
            {"a": "IVF8,Flat", "b": "x,=y", "c": "it's"},
        ),
        (r'a="say \"x, y\" \\",b=1', {"a": 'say "x, y" \\', "b": 1}),
        (r'a=["\"], [", x]', {"a": ['"], [', "x"]}),
        ("a='C:\\',b='1e5',c='12e03'", {"a": "C:\\", "b": "1e5", "c": "12e03"}),
        ("a=':',b='...'", {"a": ":", "b": "..."}),
        ("path=/data/a=b", {"path": "/data/a=b"}),
        ("path=/data/a[1,2]/b,c[0]=3", {"path": "/data/a[1,2]/b", "c": {"0": 3}}),
        ("a.b={c: 2.0, d: 4},e=1", {"a": {"b": {"c": 2.0, "d": 4}}, "e": 1}),
        (
            "a={b: [1, {c: 2}], d: '},'},e=[[1,2],[it's]]",
            {"a": {"b": [1, {"c": 2}], "d": "},"}, "e": [[1, 2], ["it's"]]},
        ),
    ],
)
def test_lists_and_values(text: str, tree: dict[str, Any]) -> None:
    assert read_params(CONTEXT, OPTION, text) == tree
    assert read_params(CONTEXT, OPTION, as_typed(tree)) == tree


@pytest.mark.parametrize("name", ["0123", "007", "1_000", "2024_01", "1.10", "2024", "on", "x: y"])
def test_a_workspace_stays_as_it_was_typed(name: str) -> None:
    for typed in (name, f" {name} ", f"'{name}'"):
        read = read_params(CONTEXT, OPTION, f"seed=3,workspace={typed}")
        assert read == {"seed": 3, "workspace": name}
        assert read_params(CONTEXT, OPTION, as_typed(read)) == read


@pytest.mark.parametrize(
    "text",
    ["seed", "=3", "seed=1,steps", "pools=[x", "a={b: 1", "a='x", 'a="${"', "a=${b", "a=@"],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        read_params(CONTEXT, OPTION, text)


@pytest.mark.parametrize("command", [cli.commands["run"], mine.command])
def test_an_example_with_brackets_stands_in_quotes(command):
    """Unquoted, zsh reads them as a file pattern."""
    (option,) = (one for one in command.params if one.name == "params")
    assert "[" in option.help
    assert "[" not in re.sub(r"'[^']*'", "", option.help)


def test_a_file_of_options_may_have_a_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.yml"
    file.write_text("run:\n  params: {workspace: mine, sampling: {negatives: 2}}\n")
    given: dict[str, Any] = {}
    monkeypatch.setattr(kedro_run, "callback", lambda **options: given.update(options))
    done = CliRunner().invoke(cli, ["run", "--config", str(file)])
    assert done.exit_code == 0, done.output
    assert given["params"] == {"workspace": "mine", "sampling": {"negatives": 2}}
