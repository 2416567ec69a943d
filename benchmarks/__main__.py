"""Runs the benchmarks, or those that are named, and writes what each claims into RESULTS.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "RESULTS.md"
_NOT_BENCHMARKS = {"__init__", "__main__", "claim", "clustered", "process_status", "project"}
_HEAD = [
    "# Measured with `make bench`",
    "",
    "| benchmark | claim | value | bar | holds | hardware | day |",
    "|---|---|---|---|---|---|---|",
]


def main() -> None:
    """Run each script in a process of its own, so that none inherits another's memory."""
    known = sorted(
        script.stem for script in _FOLDER.glob("*.py") if script.stem not in _NOT_BENCHMARKS
    )
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("names", nargs="*", metavar="name", help=", ".join(known))
    names = arguments.parse_args().names
    if unknown := sorted(set(names) - set(known)):
        arguments.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
    for name in names or known:
        print(f"--- {name}", flush=True)
        _write(name, _claims(name))


def _claims(name: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    print(done.stdout, flush=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _write(name: str, claims: list[dict[str, Any]]) -> None:
    """Put a benchmark's rows in place of those that it had; the others' stay."""
    former = _RESULTS.read_text(encoding="utf-8").splitlines() if _RESULTS.exists() else []
    rows = [
        line
        for line in former[len(_HEAD) :]
        if line.startswith("| ") and not line.startswith(f"| {name} |")
    ]
    rows += [_row(name, claim) for claim in claims]
    _RESULTS.write_text("\n".join([*_HEAD, *sorted(rows)]) + "\n", encoding="utf-8")


def _row(name: str, claim: dict[str, Any]) -> str:
    holds = "yes" if claim["ok"] else "**no**"
    day = datetime.now(UTC).date().isoformat()
    return (
        f"| {name} | {claim['claim']} | {claim['value']:.3g} | {claim['bar']} | {holds} "
        f"| {claim['hardware']} | {day} |"
    )


if __name__ == "__main__":
    main()
