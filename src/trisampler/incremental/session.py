"""The project's session: what it runs, it runs with the project's runner."""

from __future__ import annotations

from typing import Any

from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner

from trisampler.incremental.runner import IncrementalRunner


class IncrementalSession(KedroSession):
    """Kedro's session with the incremental runner as default, for notebooks and scripts too."""

    def run(self, *, runner: AbstractRunner | None = None, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Run a pipeline; the arguments are those of `KedroSession.run`, by keyword."""
        return super().run(runner=runner or IncrementalRunner(), **kwargs)
