"""Configuration fails before work begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.config import OmegaConfigLoader
from kedro.framework.hooks import hook_impl

from trisampler.configuration import warn_of_passed_over
from trisampler.incremental.own_runner import check_runner
from trisampler.structure import (
    choose_structure,
    current_structure,
    refuse_structural_parameters,
)

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline


class ConfigurationHooks:
    """Checks the parameter tree and chooses the DAG's structure when the context is created."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Stop on anything in the configuration that does not fit; warn of what is not read.

        Raises:
            ParameterError: A parameter is unknown or out of range.
            StructureError: structure.yml does not fit, or `--params` tries to change the DAG.
        """
        loader = context.config_loader
        assert isinstance(loader, OmegaConfigLoader)
        warn_of_passed_over(loader)
        refuse_structural_parameters(context._runtime_params or {})
        choose_structure(loader)
        # Reading them is checking them: see CheckedContext.
        _ = context.params

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Stop on what the nodes that are to run would only find out much later.

        Raises:
            RunnerError: Kedro is to run in a way that the project cannot.
            ChangedInputError: Parameters would be shown beside what was made by others.
            EncoderError: A device is named that this machine has not.
            ParameterError: What is drawn cannot be trained on.
            ComparisonError: A sampler cannot be run, or a baseline is not compared.
            SurveyError: A sampler cannot draw.
        """
        check_runner(run_params)
        _check_devices(pipeline, catalog)
        _check_shown_parameters(run_params, pipeline, catalog)
        stages = {node.name.partition(".")[0] for node in pipeline.nodes}
        sampling, teacher = catalog.load("params:sampling"), catalog.load("params:teacher").name
        if _is_to_train(run_params):
            from trisampler.checks.training import check_training

            check_training(catalog.load("params:training"), sampling, teacher)
        if "survey" in stages:
            from trisampler.checks.survey import check_survey

            check_survey(catalog.load("params:survey"), sampling, teacher)
        if "comparison" in stages:
            from trisampler.checks.cells import check_cells

            check_cells(
                current_structure().comparison,
                catalog.load("params:comparison"),
                sampling,
                catalog.load("params:training"),
                teacher,
            )


def _check_shown_parameters(
    run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
) -> None:
    from kedro.framework.project import pipelines

    from trisampler.incremental.shown_parameters import check_shown_parameters

    names = ["__default__", *(run_params["pipeline_names"] or [])]
    nodes = {node.name: node for name in names for node in pipelines[name].nodes}
    check_shown_parameters(pipeline, nodes, catalog)


def _is_to_train(run_params: dict[str, Any]) -> bool:
    """Whether the pipelines that are run train, even if this process runs a part that does not.

    An orchestrator runs them part by part, and the first is to tell what is wrong with the last.
    """
    from kedro.framework.project import pipelines

    from trisampler.checks.training import trains

    names = run_params["pipeline_names"] or ["__default__"]
    return any(trains(pipelines[name]) for name in names)


def _check_devices(pipeline: Pipeline, catalog: DataCatalog) -> None:
    if catalog.load("params:cluster").kind != "none":
        return  # it is others that compute
    read = {name for node in pipeline.nodes for name in node.inputs}
    for name in ("params:encoding", "params:teacher", "params:training"):
        device = catalog.load(name).device if name in read else "auto"
        if device not in ("auto", "cpu"):
            from trisampler.encoders.precision import resolve_device

            resolve_device(device)
