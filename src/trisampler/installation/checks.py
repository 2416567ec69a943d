"""All checks, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from trisampler.encoders.settings import EncoderSettings
from trisampler.installation.finding import Finding
from trisampler.installation.packages import check_extras, check_packages, check_python
from trisampler.installation.processor import (
    check_faiss,
    check_gpu,
    check_precision,
    check_threads,
)
from trisampler.installation.project import Project
from trisampler.installation.storage import check_disk
from trisampler.installation.weights import check_weights


def check_installation(folder: Path, env: str | None = None) -> Iterator[Finding]:
    """Look at everything, one finding after another.

    Args:
        folder: of the project, or in it; where there is none, only the installation is looked at.
        env: the project's environment.
    """
    project = None
    for check in (check_python, check_packages, check_threads, check_precision, check_gpu):
        yield from _guarded(check)
    yield from _guarded(check_faiss)
    try:
        project = Project.around(folder, env)
    except Exception as error:
        yield _unexpected("project", error)
    models = project.models() if project else []
    yield from _guarded(lambda: check_weights(models or [_default_model()]))
    yield from _guarded(lambda: check_disk(project.folder if project else folder))
    if project is None:
        yield Finding("note", "project", f"none around {folder}: no configuration to look at")
    else:
        yield from _guarded(project.check)
        yield from _guarded(project.check_mlflow)
    yield from _guarded(check_extras)


def _default_model() -> str:
    return EncoderSettings.model_validate({}).name


def _guarded(check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check; one that fails itself is a finding too."""
    try:
        yield from check()
    except Exception as error:
        yield _unexpected(getattr(check, "__name__", "check").removeprefix("check_"), error)


def _unexpected(what: str, error: Exception) -> Finding:
    return Finding("broken", what, f"cannot be looked at: {type(error).__name__}: {error}")
