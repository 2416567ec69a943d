"""Which ways to run Kedro has that the project has not."""

from __future__ import annotations

from typing import Any

import pytest
from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner, ParallelRunner, SequentialRunner, ThreadRunner

from trisampler.incremental import IncrementalRunner, IncrementalSession
from trisampler.incremental.own_runner import RunnerError, check_runner


class Derived(IncrementalRunner):
    """Of a user's own."""


def told(runner: AbstractRunner | None, *, only_missing_outputs: bool = False) -> dict[str, Any]:
    """As Kedro's sessions tell their hooks."""
    return {"runner": str(runner), "only_missing_outputs": only_missing_outputs}


@pytest.mark.parametrize(
    "runner", [IncrementalRunner(), IncrementalRunner(is_async=True, force=True), Derived()]
)
def test_the_projects_runner_is_taken(runner: AbstractRunner) -> None:
    check_runner(told(runner))


@pytest.mark.parametrize("kind", [SequentialRunner, ThreadRunner, ParallelRunner])
def test_another_is_refused_by_its_name(kind: type[AbstractRunner]) -> None:
    name = rf"The runner kedro\.runner\.\w+\.{kind.__name__} keeps no records"
    with pytest.raises(RunnerError, match=name):
        check_runner(told(kind()))


def test_the_projects_session_has_it_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: KedroSession, runner: AbstractRunner | None = None, **__: Any) -> None:
        check_runner(told(runner))

    monkeypatch.setattr(KedroSession, "run", run)
    IncrementalSession("project").run()
    with pytest.raises(RunnerError, match="IncrementalSession in place of KedroSession"):
        KedroSession("project").run()


def test_what_is_missing_is_not_asked_for_twice() -> None:
    with pytest.raises(RunnerError, match="does by itself what --only-missing-outputs says"):
        check_runner(told(IncrementalRunner(), only_missing_outputs=True))
