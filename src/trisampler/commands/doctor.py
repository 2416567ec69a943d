"""`trisampler doctor`: what is broken, and what is slow."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from trisampler.installation.finding import Finding

_COLOURS = {"ok": "green", "note": None, "slow": "yellow", "broken": "red"}


@click.command("doctor")
@click.option("--env", metavar="NAME", help="The project's environment, as of `kedro run --env`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of findings.")
def command(env: str | None, as_json: bool) -> None:
    """Look at the installation and at the project around the working folder.

    Says what is broken, what is slow and why, and what to do. Ends with exit code 1 where something
    is broken. Nothing is changed, and no model is fetched.
    """
    from trisampler.installation.checks import check_installation

    findings = []
    for finding in check_installation(Path.cwd(), env):
        findings.append(finding)
        if not as_json:
            click.echo(_told(finding))
    states = [finding.state for finding in findings]
    if as_json:
        click.echo(
            json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)
        )
    else:
        click.echo(f"\n{states.count('broken')} broken, {states.count('slow')} slow")
    if "broken" in states:
        raise SystemExit(1)


def _told(finding: Finding) -> str:
    """State, subject, and what was found in as many lines as it takes."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120) - 22
    lines = [line for part in finding.found.splitlines() for line in wrap(part, width)]
    if finding.remedy:
        lines += wrap(f"-> {finding.remedy}", width, subsequent_indent="   ")
    state = click.style(f"{finding.state:<8}", fg=_COLOURS[finding.state])
    return f"{state}{finding.what:<14}" + ("\n" + " " * 22).join(lines)
