"""The short table at the end of a run, and where things are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from trisampler.hooks.tracking import TrackingHooks

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline


class SummaryHooks:
    """Prints the table where the pipeline measures something.

    Args:
        tracking: Knows where the MLflow run is.
    """

    def __init__(self, tracking: TrackingHooks) -> None:
        self._tracking = tracking

    @hook_impl
    def after_pipeline_run(
        self, pipeline: Pipeline, catalog: DataCatalog, run_result: dict[str, Any]
    ) -> None:
        """Print the table, the encoder's folder, the report and the MLflow run."""
        if "summary" not in run_result:
            return
        from trisampler.incremental.keys import artifact_path

        encoders = sorted(
            (
                name
                for name in pipeline.all_outputs()
                if name.startswith("encoder_") and "." not in name
            ),
            key=lambda name: int(name.removeprefix("encoder_")),
        )
        lines = ["", str(catalog.load("summary")).rstrip(), ""]
        lines += [f"model   {artifact_path(catalog, encoders[-1])}"] if encoders else []
        lines += [f"report  {artifact_path(catalog, 'report')}"]
        lines += [f"MLflow  {self._tracking.where or 'no run: nothing to do, or tracking is off'}"]
        sys.stdout.write("\n".join(lines) + "\n")
