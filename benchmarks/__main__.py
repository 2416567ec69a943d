"""Runs every benchmark and writes RESULTS.md."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent
_NOT_BENCHMARKS = {"__init__", "__main__", "claim", "clustered"}


def main() -> None:
    """Run each script in a process of its own, so that none inherits another's memory."""
    rows = []
    for script in sorted(_FOLDER.glob("*.py")):
        if script.stem in _NOT_BENCHMARKS:
            continue
        print(f"--- {script.stem}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{script.stem}", "--json"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        print(done.stdout, flush=True)
        claims = [line for line in done.stdout.splitlines() if line.startswith("{")]
        rows += [(script.stem, json.loads(line)) for line in claims]
    _write(rows)


def _write(rows: list[tuple[str, dict[str, object]]]) -> None:
    lines = [
        "# Measured with `make bench`",
        "",
        "| benchmark | claim | value | bar | holds | hardware |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows:
        holds = "yes" if row["ok"] else "**no**"
        lines.append(
            f"| {name} | {row['claim']} | {row['value']:.3g} | {row['bar']} | {holds} "
            f"| {row['hardware']} |"
        )
    (_FOLDER / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
