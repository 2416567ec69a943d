"""What a run ends with: the short table, what was released as what, and where things are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from trisampler.hooks.run_texts import outdated_champion
from trisampler.hooks.tracking import TrackingHooks

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline


class SummaryHooks:
    """Prints something where the pipeline measures or releases something.

    Args:
        tracking: Knows where the MLflow run is.
    """

    def __init__(self, tracking: TrackingHooks) -> None:
        self._tracking = tracking

    @hook_impl
    def after_pipeline_run(
        self,
        run_params: dict[str, Any],
        pipeline: Pipeline,
        catalog: DataCatalog,
        run_result: dict[str, Any],
    ) -> None:
        """Print the table, what the bundle holds, and where everything is."""
        lines = []
        for name in ("summary", "comparison_summary"):
            if name in run_result:
                lines += ["", str(catalog.load(name)).rstrip()]
        if "release_report" in run_result:
            from trisampler.release.report import release_text

            lines += ["", release_text(catalog.load("release_report"))]
        if "promotion_table" in run_result:
            lines += ["", catalog.load("promotion_table").rstrip()]
        if lines:
            lines += ["", *self._places(run_params, pipeline, catalog, run_result)]
            sys.stdout.write("\n".join(lines) + "\n")

    def _version(
        self, run_params: dict[str, Any], catalog: DataCatalog, run_result: dict[str, Any]
    ) -> list[str]:
        """Which version of which model the bundle is, as what, and what the champion lacks."""
        if "registered_model" not in run_result:
            return []
        if not catalog.exists("registered_model"):
            return ["version not registered: the next run does it"]
        told = catalog.load("registered_model")
        if told["version"] is None:
            return [f"version not registered: {told['reason']}"]
        return [
            f"version {told['version']} of {told['model']}, {told['alias']}: {told['reason']}",
            *outdated_champion(told, catalog.load("parameters")["workspace"], run_params),
        ]

    def _places(
        self,
        run_params: dict[str, Any],
        pipeline: Pipeline,
        catalog: DataCatalog,
        run_result: dict[str, Any],
    ) -> list[str]:
        from trisampler.incremental.keys import artifact_path

        encoders = sorted(
            (
                name
                for name in pipeline.all_outputs()
                if name.startswith("encoder_") and "." not in name
            ),
            key=lambda name: int(name.removeprefix("encoder_")),
        )
        # A comparison begins with an encoder, but has none to end with.
        places = [("model", name) for name in encoders[-1:] if "summary" in run_result]
        reports = {"bundle": "bundle", "report": "report", "comparison_report": "report"}
        places += [(word, name) for name, word in reports.items() if name in run_result]
        return [
            *(f"{word:7} {artifact_path(catalog, name)}" for word, name in places),
            *self._version(run_params, catalog, run_result),
            f"MLflow  {self._tracking.where or 'no run: nothing to do, or tracking is off'}",
        ]
