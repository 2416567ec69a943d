"""Every package of the lock with its version and licence, as a page.

`python tools/licences.py > docs/licences.md` in an installed environment. Licences are
what the installed packages say of themselves.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
# Text of whole licences stands in some packages' metadata; its first words tell which.
_LONGEST = 60
_UNKNOWN = "not stated"
_COPYLEFT = re.compile(r"\b(AGPL|GPL|Affero|GNU General Public)", re.IGNORECASE)
_LESSER = re.compile(r"\b(LGPL|Lesser|MPL|Mozilla)", re.IGNORECASE)


def locked_packages(lock: Path = LOCK) -> dict[str, str]:
    """Versions by name, in the order of the lock."""
    lines = [line.strip() for line in lock.read_text(encoding="utf-8").splitlines()]
    pinned = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {package[0]: package[1] for package in pinned}


def licence_of(package: str) -> str:
    """The licence as the installed package tells it."""
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return "not installed"
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if classified:
        return "; ".join(classified)
    first = next(iter((told.get("License") or "").strip().splitlines()), "")
    return first if 0 < len(first) <= _LONGEST else _UNKNOWN


def is_copyleft(licence: str) -> bool:
    """Whether what links to the package may have to come under its licence."""
    without_lesser = _LESSER.sub("", licence)
    return bool(_COPYLEFT.search(without_lesser)) and not _LESSER.search(licence)


def table() -> str:
    """The page."""
    rows = [
        f"| {name} | {version} | {licence_of(name)} |"
        for name, version in locked_packages().items()
    ]
    return "\n".join(
        [
            "# Packages and licences",
            "",
            "Every package of `requirements.lock`, with the licence that it gives itself. Made by",
            "`python tools/licences.py > docs/licences.md` in an installed environment.",
            "",
            "What PyTorch's build for CUDA brings besides is neither in the lock nor here: see",
            "[A GPU](gpu.md#which-build-of-pytorch-is-installed).",
            "",
            "| package | version | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(table())
