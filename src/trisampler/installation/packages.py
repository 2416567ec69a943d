"""Python and the packages that this one needs, or can use."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from trisampler.extras import install_extra
from trisampler.installation.finding import Finding

_OLDEST = (3, 11)
_EXTRAS = {
    "viz": "kedro-viz, the picture of the DAG",
    "exports": "datasets for sentence-transformers",
    "lora": "low-rank adapters (training.lora_rank)",
    "ray": "a cluster (cluster.kind=ray)",
}


def check_python() -> Iterator[Finding]:
    """Its version."""
    found = f"{platform.python_version()}, {sys.prefix}"
    if sys.version_info < _OLDEST:
        yield Finding("broken", "Python", found, "Install Python 3.11 or newer.")
    else:
        yield Finding("ok", "Python", found)


def check_packages() -> Iterator[Finding]:
    """Those that are required are there in versions that fit."""
    try:
        needed = _needed("")
    except PackageNotFoundError:
        yield Finding(
            "note", "packages", "trisampler runs from its sources, not installed", "make install"
        )
        return
    unfit = list(filter(None, map(_unfit, needed)))
    if unfit:
        yield Finding("broken", "packages", "; ".join(unfit), "make install")
    else:
        yield Finding("ok", "packages", f"all {len(needed)} that are required, in fitting versions")


def check_extras() -> Iterator[Finding]:
    """Those that are optional."""
    try:
        lacking = {extra: _first_unfit(extra) for extra in _EXTRAS}
    except PackageNotFoundError:
        return
    for extra, use in _EXTRAS.items():
        if reason := lacking[extra]:
            yield Finding("note", extra, f"not here: {use} ({reason})", install_extra(extra))
        else:
            yield Finding("ok", extra, f"{use}")


def _first_unfit(extra: str) -> str:
    return next(filter(None, map(_unfit, _needed(extra))), "")


def _needed(extra: str) -> list[str]:
    """Requirements that an extra adds; of "" those that all need."""
    from packaging.requirements import Requirement

    needed = []
    for text in requires("trisampler") or []:
        requirement = Requirement(text)
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        if (marker is None or marker.evaluate({"extra": extra})) and always == (not extra):
            needed.append(text)
    return needed


def _unfit(text: str) -> str:
    """Why what is installed does not meet a requirement; "" where it does."""
    from packaging.requirements import Requirement

    requirement = Requirement(text)
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(found, prereleases=True):
        return ""
    return f"{requirement.name} {found} is installed, {requirement.specifier} needed"
