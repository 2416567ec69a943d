"""The project's session: incremental unless another runner is asked for."""

from __future__ import annotations

from typing import Any

from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner

from trisampler.incremental.runner import IncrementalRunner


class IncrementalSession(KedroSession):
    """Kedro's session with the incremental runner as default, for notebooks and scripts too."""

    def run(
        self, *args: Any, runner: AbstractRunner | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Run a pipeline; the arguments are those of `KedroSession.run`."""
        return super().run(*args, runner=runner or IncrementalRunner(), **kwargs)
